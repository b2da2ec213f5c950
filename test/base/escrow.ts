import hre from "hardhat";
import { Contract, Interface, MaxUint256, SigningKey, computeAddress, id } from "ethers";
import type { ContractTransactionReceipt, Fragment, Signer } from "ethers";
import {
  ZERO_HASH,
  batchDigest,
  confirmArguments,
  escrowDomain,
  linesToBytes,
  orderId,
  packClauses,
  signCompact,
} from "../../src/chain/terms.ts";
import type { Certificate, Clauses, Delivery, DeliveryReport, LineTerms, OrderTerms } from "../../src/chain/terms.ts";

/** The fixed time at which every scene begins: 2030-01-01 00:00 UTC. */
export const START = 1_893_456_000;
export const DAY = 86_400;

const RELAYER_OPERATOR = 1 << 8;

export interface Group {
  id: number;
  keys: SigningKey[];
  threshold: number;
}

/**
 * An escrow with its token, registry and access manager on a chain of its own, with fixed keys and a fixed clock: the
 * same calls cost the same gas on every machine. The deployer holds every role.
 *
 * @param p.start when it begins, in seconds since 1970
 * @param p.still whether several blocks may have one time
 */
export async function createEscrowScene(p: { token?: string; start?: number; still?: boolean } = {}) {
  const { token = "CurrencyToken", start = START, still = false } = p;
  const clock = { initialDate: new Date((start - DAY) * 1000), allowBlocksWithSameTimestamp: still };
  const { ethers, provider } = await hre.network.create({ override: clock });
  const [deployer, buyer, submitter, payee] = (await ethers.getSigners()) as unknown as [
    Signer,
    Signer,
    Signer,
    Signer & { address: string },
  ];
  let now = start;

  /** Every transaction is one second after the one before it. */
  async function mine(send: () => Promise<{ wait(): Promise<ContractTransactionReceipt | null> }>) {
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [++now] });
    const receipt = await (await send()).wait();
    if (receipt === null) throw new Error("the transaction was not mined");
    return receipt;
  }

  async function deploy(name: string, ...args: unknown[]): Promise<Contract> {
    const { abi, bytecode } = await hre.artifacts.readArtifact(name);
    const factory = new ethers.ContractFactory(abi, bytecode, deployer);
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [++now] });
    const contract = await factory.deploy(...args);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), abi, deployer);
  }

  async function abiOf(name: string): Promise<readonly Fragment[]> {
    return new Interface((await hre.artifacts.readArtifact(name)).abi).fragments;
  }

  function call(contract: Contract, name: string, args: unknown[], from: Signer = deployer) {
    const method = contract.connect(from).getFunction(name);
    return mine(async () => method.send(...args, { gasLimit: 16_000_000 }));
  }

  const authority = await deploy("AccessManager", await deployer.getAddress());
  const registry = await deploy("OrganisationRegistry", authority.target);
  const money = await deploy(token, ...(token === "CurrencyToken" ? [authority.target, "Korean won", "KRW", 0] : []));
  const actions = await deploy("OrderActions", money.target, authority.target);
  const services = await deploy("OrderServices", money.target, authority.target, registry.target, actions.target);
  const { target } = await deploy("SupplierEscrow", money.target, authority.target, services.target);
  const escrow = new Contract(target, [...(await abiOf("ISupplierEscrow")), ...(await abiOf("IQuorum"))], deployer);
  const domain = escrowDomain({
    chainId: Number((await ethers.provider.getNetwork()).chainId),
    escrow: String(escrow.target),
  });
  const buyerAddress = await buyer.getAddress();
  await call(money, "mint", [buyerAddress, 10n ** 15n]);
  await call(money, "approve", [escrow.target, MaxUint256], buyer);

  /** Registers a group whose members' keys are `relayer 1 of n` and so on, hashed. */
  async function registerGroup({ members, threshold }: { members: number; threshold: number }): Promise<Group> {
    const keys = Array.from({ length: members }, (_, i) => new SigningKey(id(`relayer ${i + 1} of ${members}`)));
    for (const key of keys) await call(registry, "register", [RELAYER_OPERATOR, ZERO_HASH, computeAddress(key)]);
    await call(escrow, "registerGroup", [keys.map((key) => computeAddress(key)), threshold]);
    const [registered] = await escrow.queryFilter("GroupRegistered", -1);
    return { id: Number((registered as never as { args: { group: bigint } }).args.group), keys, threshold };
  }

  function termsOf(order: {
    group: Group;
    supplier: string;
    lines?: LineTerms[];
    clauses?: Partial<Clauses>;
    number?: number;
  }): OrderTerms {
    const clauses = {
      due: START + 30 * DAY,
      expiry: START + 60 * DAY,
      retentionUntil: 0,
      grace: 7 * DAY,
      penaltyRate: 0,
      capDays: 0,
      retention: 0,
      group: order.group.id,
      points: 1,
      options: 0,
      ...order.clauses,
    };
    return {
      buyer: buyerAddress,
      supplier: order.supplier,
      clauses: packClauses(clauses),
      conditions: id(`conditions of order ${order.number ?? 1}`),
      lines: linesToBytes(order.lines ?? [{ quantity: 10_000n, total: 45_000_000n }]),
    };
  }

  function createOrder(terms: OrderTerms) {
    return call(escrow, "createOrder", [terms], buyer);
  }

  /** A certificate over the deliveries, signed by the first k members, judged at the second before now. */
  function certify({ group, deliveries }: { group: Group; deliveries: Delivery[] }): Certificate {
    const members = group.keys.map((key) => computeAddress(key));
    const batch = {
      group: group.id,
      proposer: members[0] ?? "",
      blockNumber: 1_234_567,
      blockHash: id("block B"),
      blockTime: now,
    };
    const reports = deliveries.map(({ terms, report }) => ({ ...report, order: orderId({ domain, terms }) }));
    const digest = batchDigest({ domain, batch: { ...batch, members, reports } });
    const signatures = group.keys.slice(0, group.threshold).map((key) => signCompact({ key, digest }));
    return { ...batch, signers: 2 ** group.threshold - 1, members, signatures };
  }

  function confirm({ group, deliveries }: { group: Group; deliveries: Delivery[] }) {
    return call(
      escrow,
      "confirm",
      [...confirmArguments({ certificate: certify({ group, deliveries }), deliveries })],
      submitter,
    );
  }

  async function passTo(time: number) {
    now = time;
  }

  return {
    escrow,
    money,
    authority: authority.target,
    registry,
    domain,
    buyer: buyerAddress,
    buyerSigner: buyer,
    deployer,
    submitter,
    /** A supplier that signs its own transactions. */
    payee,
    provider,
    deploy,
    call,
    mine,
    registerGroup,
    termsOf,
    createOrder,
    certify,
    confirm,
    passTo,
  };
}

/** A report of everything up to `to`; its root is that of no event in particular. */
export function reportOf({ line = 0, from = 0n, to }: { line?: number; from?: bigint; to: bigint }): DeliveryReport {
  return { line, from, to, late: 0n, latest: START + DAY, root: id(`events up to ${to}`) };
}

/** The address of a made-up party, the same on every run. */
export function partyOf(name: string): string {
  return computeAddress(id(name));
}

/** Sorted as relayers sort reports: by supplier, then by order. */
export function sortDeliveries(domain: Parameters<typeof orderId>[0]["domain"], deliveries: Delivery[]): Delivery[] {
  const keyOf = ({ terms }: Delivery) => terms.supplier.toLowerCase() + orderId({ domain, terms });
  return [...deliveries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
