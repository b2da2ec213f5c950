// The escrow on a chain of its own, for the people of the model: they have names there, and here accounts with keys.
import { BrowserProvider, MaxUint256, Wallet, ZeroAddress, id } from "ethers";
import { connectContracts } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import { revertToError } from "../../src/chain/reverts.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import type { SentTransaction } from "../../src/chain/transactions.ts";
import { registerOrganisation } from "../../src/index.ts";
import type { AccountClient, Client } from "../../src/index.ts";
import { DAY, createEscrowScene } from "../base/escrow.ts";
import type { ChainFigures } from "./chainFigures.ts";

export const CURRENCY = "KRW";
/** When every run begins. */
export const BEGIN = 1_800_000_000;
export const PARTIES = ["buyer", "maker", "plant", "mill", "forge", "bank", "fund", "arbiter", "stranger"];
export const RELAYERS = Array.from({ length: 12 }, (_, i) => `relayer${i + 1}`);

const GAS = "0xf42400";
const TOKEN_MOODS = { fair: 0, refuses: 1 };

export type ChainScene = Awaited<ReturnType<typeof createChainScene>>;

/** An escrow whose token refuses whom it is told to, and a clock that only `wait` moves: all is done in one second. */
export async function createChainScene() {
  const scene = await createEscrowScene({ token: "MockToken", start: BEGIN - DAY, still: true });
  const { provider, deployer, money } = scene;
  const figures = await scene.deploy("Figures");
  const request = <T>(method: string, ...params: unknown[]) => provider.request({ method, params }) as Promise<T>;
  const wallets = new Map([...PARTIES, ...RELAYERS].map((name) => [name, new Wallet(id(name))]));
  const escrow = String(scene.escrow.target).toLowerCase();
  const token = String(money.target).toLowerCase();
  const deployment: Deployment = {
    chainId: Number(scene.domain.chainId),
    genesis: id("genesis"),
    block: 0,
    accessManager: String(scene.authority).toLowerCase(),
    organisationRegistry: String(scene.registry.target).toLowerCase(),
    deviceRegistry: String(scene.registry.target).toLowerCase(),
    currencies: { [CURRENCY]: { minorUnit: 0, token, escrow } },
  };
  const reader = new BrowserProvider(provider, undefined, { cacheTimeout: -1 });
  const contracts = connectContracts({ deployment, runner: reader });
  const handles = contracts.currency(CURRENCY);
  const client = {
    provider: reader as unknown as Client["provider"],
    deployment,
    contracts: { ...contracts, currency: () => handles }, // made once: it costs as much as a transaction
  } satisfies Client;
  let now = BEGIN;

  function walletOf(name: string): Wallet {
    const wallet = wallets.get(name);
    if (wallet === undefined) throw new Error(`Nobody is called ${name}.`);
    return wallet;
  }

  /** `escrow` is the contract, an empty name is the zero address. */
  function addressOf(name: string): string {
    if (name === "") return ZeroAddress;
    return name === "escrow" ? escrow : walletOf(name).address.toLowerCase();
  }

  async function write(from: string, call: { to: string; data: string }): Promise<SentTransaction> {
    await request("evm_setNextBlockTimestamp", now);
    try {
      const hash = await request<string>("eth_sendTransaction", { from, gas: GAS, ...call });
      const receipt = await request<{ logs: never[]; gasUsed: string }>("eth_getTransactionReceipt", hash);
      const block = { number: 0, hash: id("a block"), time: now };
      return { hash, block, gasUsed: BigInt(receipt.gasUsed), status: "succeeded", logs: receipt.logs };
    } catch (error) {
      const { data } = error as { data?: string };
      throw data === undefined ? error : revertToError(data);
    }
  }

  function clientAt(address: string): AccountClient {
    return { ...client, address, write: (call) => write(address, call) };
  }

  const admin = clientAt((await deployer.getAddress()).toLowerCase());
  const clients = new Map<string, AccountClient>();
  for (const name of wallets.keys()) {
    const address = addressOf(name);
    clients.set(name, clientAt(address));
    await request("hardhat_impersonateAccount", address);
    await request("hardhat_setBalance", address, "0x100000000000000000000000000");
  }
  for (const name of PARTIES) {
    const data = money.interface.encodeFunctionData("approve", [escrow, MaxUint256]);
    await clients.get(name)?.write({ to: token, data });
  }
  for (const name of RELAYERS) {
    const profile = id(`profile of ${name}`);
    await registerOrganisation({ client: admin, kinds: ["relayer-operator"], profile, account: addressOf(name) });
  }
  let snapshot = await request<string>("evm_snapshot");

  return {
    client,
    deployment,
    domain: scene.domain,
    admin,
    walletOf,
    addressOf,
    clientOf: (name: string): AccountClient => clients.get(name) ?? clientAt(addressOf(name)),
    now: () => now,
    wait(seconds: number) {
      now += seconds;
    },
    /** All that a replay compares, in one call. */
    async figures(orders: { id: string; terms: OrderTerms }[], accounts: string[]): Promise<ChainFigures> {
      const all = [accounts.map(addressOf), orders.map((order) => order.id), orders.map((order) => order.terms)];
      const data = figures.interface.encodeFunctionData("read", [escrow, ...all]);
      const answer = await request<string>("eth_call", { to: figures.target, data }, "latest");
      return figures.interface.decodeFunctionResult("read", answer) as unknown as ChainFigures;
    },
    mint: (to: string, amount: bigint) =>
      admin.write({ to: token, data: money.interface.encodeFunctionData("mint", [addressOf(to), amount]) }),
    /** From now on the token refuses transfers to an account, or no more. */
    refuse: (account: string, on: boolean) => {
      const mood = on ? TOKEN_MOODS.refuses : TOKEN_MOODS.fair;
      return admin.write({
        to: token,
        data: money.interface.encodeFunctionData("setMood", [addressOf(account), mood]),
      });
    },
    /** Undoes all that was done. As in the model time is 0 then, and the first thing to do is to wait until `BEGIN`. */
    async reset() {
      await request("evm_revert", snapshot);
      snapshot = await request<string>("evm_snapshot");
      now = 0;
    },
  };
}
