import { BrowserProvider, hexlify, id, toUtf8Bytes, Wallet } from "ethers";
import { connectContracts } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import { revertToError } from "../../src/chain/reverts.ts";
import { readReceipt } from "../../src/chain/wire.ts";
import type { OrderSheet } from "../../src/formats/orderSheet.ts";
import type { AccountClient, Client, OrderDocument, SpecialClauses } from "../../src/index.ts";
import { openOrder, readOrder, writeOrderDocument } from "../../src/index.ts";
import { DAY, START, createEscrowScene, reportOf } from "../base/escrow.ts";
import type { Group } from "../base/escrow.ts";

export const KRW = "KRW";
/** Clauses of orders that use everything. */
export const SPECIAL: SpecialClauses = {
  inspection: 10 * DAY,
  answer: 5 * DAY,
  arbitration: 20 * DAY,
  defaultSplit: 500_000,
};

/** A party with a key of its own, which signs offline and sends transactions. */
export interface SceneParty {
  wallet: Wallet;
  client: AccountClient;
  address: string;
}

/** The escrow on a chain of its own, and SDK clients for made-up parties that have money. */
export async function createSdkScene() {
  const scene = await createEscrowScene();
  const provider = new BrowserProvider(scene.provider, undefined, { cacheTimeout: -1 });
  const request = (method: string, ...params: unknown[]) =>
    scene.provider.request({ method, params }) as Promise<never>;
  const lower = (address: unknown) => String(address).toLowerCase();
  const deployment: Deployment = {
    chainId: Number(scene.domain.chainId),
    genesis: id("genesis"),
    block: 0,
    accessManager: lower(scene.authority),
    organisationRegistry: lower(scene.registry.target),
    deviceRegistry: lower(scene.registry.target),
    currencies: { KRW: { minorUnit: 0, token: lower(scene.money.target), escrow: lower(scene.escrow.target) } },
  };
  const client = {
    provider: provider as unknown as Client["provider"],
    deployment,
    contracts: connectContracts({ deployment, runner: provider }),
  } satisfies Client;

  async function send(from: string, call: { to: string; data: string }) {
    try {
      return await request("eth_sendTransaction", { from, gas: "0xf42400", ...call });
    } catch (error) {
      const { data } = error as { data?: string };
      throw data === undefined ? error : revertToError(data);
    }
  }

  async function accountOf(address: string): Promise<AccountClient> {
    await request("hardhat_impersonateAccount", address);
    await request("hardhat_setBalance", address, "0xde0b6b3a7640000");
    return {
      ...client,
      address: address.toLowerCase(),
      async write(call) {
        const { hash } = await scene.mine(async () => {
          const hash: string = await send(address, call);
          return { wait: async () => ({ hash }) as never };
        });
        const receipt = await readReceipt(client.provider, hash);
        if (receipt?.status !== "succeeded") throw new Error(`transaction ${hash} was not mined`);
        const block = { number: receipt.blockNumber, hash: receipt.blockHash, time: 0 };
        return { hash, block, gasUsed: receipt.gasUsed, status: "succeeded", logs: receipt.logs };
      },
    };
  }

  async function party(name: string): Promise<SceneParty> {
    const wallet = new Wallet(id(name));
    await scene.call(scene.money, "mint", [wallet.address, 10n ** 12n]);
    return { wallet, client: await accountOf(wallet.address), address: wallet.address.toLowerCase() };
  }

  const group: Group = await scene.registerGroup({ members: 3, threshold: 2 });
  const buyer = await party("buyer");
  const supplier = await party("supplier");
  const arbiter = await party("arbiter");
  const bank = await party("bank");
  const anybody = await party("anybody");

  /** An order of 1,000 pieces for 1,000,000 won, and of nothing else. */
  function document(p: { number?: string; special?: SpecialClauses; due?: number } = {}): OrderDocument {
    const due = p.due ?? START + 30 * DAY;
    return writeOrderDocument({
      deployment,
      sheet: sheetOf(p.number ?? "1"),
      buyer: buyer.address,
      supplier: supplier.address,
      due,
      expiry: due + 30 * DAY,
      grace: 7 * DAY,
      group: group.id,
      ...(p.special === undefined ? {} : { special: { arbiter: arbiter.address, ...p.special } }),
    });
  }

  /** Opens such an order. */
  async function open(p: Parameters<typeof document>[0] = {}): Promise<OrderDocument & { currency: string }> {
    const order = document(p);
    await openOrder({ client: buyer.client, order });
    return { ...order, currency: KRW };
  }

  async function stateOf(order: OrderDocument) {
    const state = await readOrder({ client, currency: KRW, order: order.id, conditions: order.conditions });
    if (state === null) throw new Error("no such order");
    return state;
  }

  /** So much arrives and is confirmed. */
  async function deliver(order: OrderDocument, to: bigint, from = 0n) {
    await scene.confirm({ group, deliveries: [{ terms: order.terms, report: reportOf({ from, to }) }] });
  }

  const admin = await accountOf(await scene.deployer.getAddress());
  return {
    ...scene,
    client,
    deployment,
    group,
    admin,
    buyer,
    supplier,
    arbiter,
    bank,
    anybody,
    accountOf,
    document,
    open,
    stateOf,
    deliver,
  };
}

function sheetOf(number: string): OrderSheet {
  return {
    number,
    buyer: { identifiers: ["8801234500012"] },
    supplier: { identifiers: ["8809876500019"] },
    issued: "2029-12-31T00:00:00Z",
    currency: KRW,
    minorUnit: 0,
    lines: [{ id: "10", gtin: null, item: "A-1", unit: "C62", decimals: 0, quantity: "1000", total: "1000000" }],
    salt: hexlify(toUtf8Bytes("0123456789abcdef0123456789abcdef")),
  };
}

/** The error code that an action is refused with. */
export async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "done";
}
