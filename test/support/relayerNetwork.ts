import { concat, keccak256, toBeHex } from "ethers";
import type { Wallet } from "ethers";
import type { Clauses, OrderConditions, OrderTerms } from "../../src/chain/terms.ts";
import {
  OPTION_AMENDED,
  escrowDomain,
  hashConditions,
  linesToBytes,
  packClauses,
  unpackClauses,
  ZERO_HASH,
} from "../../src/chain/terms.ts";
import { parseItemIdentifier } from "../../src/formats/gs1.ts";
import { sheetHash } from "../../src/formats/orderSheet.ts";
import type { OrderSheet } from "../../src/formats/orderSheet.ts";
import { createSuspects, UNKNOWN } from "../../src/relayer/suspects.ts";
import type { Suspects } from "../../src/relayer/suspects.ts";
import type { Quotas } from "../../src/relayer/quotas.ts";
import type { Log } from "../../src/relayer/log.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import { createPeers } from "../../src/relayer/peers.ts";
import { createRelayer } from "../../src/relayer/relayer.ts";
import type { Relayer, RelayerDatabase } from "../../src/relayer/relayer.ts";
import { localSigner } from "../../src/relayer/signer.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import { CURVE_IDS } from "../../src/sdk/identity/curves.ts";
import type { Fence } from "../../src/store/lease.ts";
import { createFakeEscrow, createWallets, deployment, escrow } from "./fakeEscrow.ts";
import type { Device } from "./device.ts";

/** Turns of the event loop in which nothing is under way, after which a network is at rest. */
const REST = 50;

export const NOW = 1_800_000_000;
export const GLN = "8801234567893";
export const GTIN = "08801234567893";
export const LGTIN = "urn:epc:class:lgtin:8801234.056789.A1";
/** The class of items of an order's n-th line, from 0. */
export const lgtin = (line: number): string =>
  `urn:epc:class:lgtin:8801234.${String(56789 + line).padStart(6, "0")}.A1`;
export const [BUYER, SUPPLIER, STRANGER] = [101, 102, 103].map((n) => toBeHex(n, 20)) as [string, string, string];

interface Member {
  relayer: Relayer;
  db: RelayerDatabase;
  address: string;
  /** Whether it takes part: reads blocks and answers its peers. */
  up: boolean;
}

/** Three relayers on one chain and one loop-back network, driven block by block. Organisation 1 buys, 2 sells, 3 is a stranger. */
export async function createRelayerNetwork({
  members = 3,
  registered = members,
  threshold = 2,
  lost = (): boolean => false,
  lie = (): unknown => undefined,
  quotas = { unregistered: 5, device: 500 },
  newStore = () => Promise.resolve(":memory:"),
  heard = () => undefined,
  reaches = () => true,
}: {
  members?: number;
  /** How many of them the group has to begin with. */
  registered?: number;
  threshold?: number;
  /** Whether the next message between relayers is lost. */
  lost?: () => boolean;
  /** What a hostile member answers to its peers instead of the truth; undefined: the truth. */
  lie?: (member: number, path: string) => unknown;
  quotas?: Quotas;
  /** URL of a new store for each member. */
  newStore?: () => Promise<string>;
  /** Told of each request that one member sends to another, also of those that are lost. */
  heard?: (path: string, body: string) => void;
  /** Whether what a member sends reaches the chain; asked for each transaction. */
  reaches?: (member: number) => boolean;
} = {}) {
  const chain = createFakeEscrow({ threshold, start: NOW });
  const wallets = createWallets(members);
  const addresses = wallets.map(({ address }) => address);
  const network: Member[] = [];
  /** What each member has against the others. */
  const named: Suspects[] = [];
  /** Every signature that left a member's key, whatever became of its store. */
  const signatures: { member: number; digest: string }[] = [];
  /**
   * Messages between members that are not answered yet, and queries and transactions that have not ended: a signature is
   * verified on another thread, and a database of a server answers when it does.
   */
  let underWay = 0;
  for (const [i, wallet] of wallets.entries()) network.push(await createMember(wallet, i));

  async function createMember(wallet: Wallet, index: number): Promise<Member> {
    const db = await openStore(await newStore());
    return { relayer: wire(wallet, index, db), db, address: wallet.address.toLowerCase(), up: true };
  }

  async function openStore(url: string): Promise<RelayerDatabase> {
    const db = await openDatabase<RelayerTables>({ url, migrations: relayerMigrations });
    const executor = db.getExecutor();
    const provideConnection = executor.provideConnection.bind(executor);
    executor.provideConnection = (...given) => counted(() => provideConnection(...given));
    return db;
  }

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    underWay++;
    try {
      return await work();
    } finally {
      underWay--;
    }
  }

  function wire(wallet: Wallet, index: number, db: RelayerDatabase, fence?: Fence): Relayer {
    const peers = wallets
      .map((peer, i) => ({
        url: `http://relayer-${String(i)}/`,
        account: peer.address.toLowerCase(),
        fingerprints: [],
      }))
      .filter((_, i) => i !== index);
    const suspects = createSuspects({ log: silent });
    named[index] = suspects;
    return createRelayer({
      db,
      deployment,
      sender: { address: wallet.address.toLowerCase(), send: send(index), rollback: () => Promise.resolve() },
      sign: (preimage) => {
        signatures.push({ member: index, digest: keccak256(preimage) });
        return localSigner(wallet).sign(preimage);
      },
      peers: createPeers({
        ...{ peers, suspects, log: silent, gather: 0 },
        fetch: deliverFrom(wallet.address.toLowerCase()),
      }),
      suspects,
      // Who sends is said by a certificate elsewhere; here by a header that the network writes.
      door: { identify: ({ headers }) => String(headers["x-from"] ?? UNKNOWN) },
      blockAt: (number) => Promise.resolve(chain.blocks[number] ?? null),
      clock: () => NOW,
      quotas,
      quiet: 0,
      ...(fence ? { fence } : {}),
      log: silent,
    });
  }

  function send(index: number): typeof chain.send {
    return (intent) => (reaches(index) ? chain.send(intent) : new Promise(() => undefined));
  }

  /** A crash and a new start: what was not in the store is forgotten. */
  function restart(index: number): void {
    const [member, wallet] = [network[index], wallets[index]];
    if (member && wallet) member.relayer = wire(wallet, index, member.db);
  }

  /** A member's store is gone, or is the one in a file; it starts with that. */
  async function replaceStore(index: number, url = ":memory:"): Promise<void> {
    const [member, wallet] = [network[index]!, wallets[index]!];
    const before = member.db;
    member.db = await openStore(url);
    member.relayer = wire(wallet, index, member.db);
    await before.destroy();
  }

  /** Another process of a member's operator, with the member's key and store. */
  function replica(index: number, fence: Fence): Relayer {
    return wire(wallets[index]!, index, network[index]!.db, fence);
  }

  function deliverFrom(sender: string): typeof globalThis.fetch {
    return (input, init) => deliver(sender, input, init);
  }

  async function deliver(sender: string, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    heard(url.pathname, String(init?.body ?? ""));
    const member = network[Number(url.hostname.split("-")[1])];
    if (!member?.up || lost()) throw new Error("connection refused");
    // Nobody waits for a hostile member, which may leave one without an answer.
    const lied = await lie(network.indexOf(member), url.pathname);
    if (lied !== undefined) return new Response(JSON.stringify(lied), { status: 200 });
    const { relayer } = member;
    const answer = await counted(() =>
      relayer.api.inject({
        method: (init?.method ?? "GET") as "GET" | "POST",
        url: url.pathname + url.search,
        headers: { "content-type": "application/json", "x-from": sender },
        ...(init?.body === undefined ? {} : { payload: init.body as string }),
      }),
    );
    return new Response(answer.body, { status: answer.statusCode });
  }

  /** One block, which every member that is up follows; then their messages come to rest. */
  async function step(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) {
      const block = chain.mine();
      for (const { relayer, up } of network) {
        if (!up) continue;
        await follow(relayer, block.number);
        await relayer.advance(block);
      }
      await settle();
    }
  }

  async function follow(relayer: Relayer, head: number): Promise<void> {
    const [last] = await relayer.followerStore.checkpoints();
    const from = last === undefined ? 0 : last.number + 1;
    const slice = chain.blocks.slice(from, head + 1);
    const block = slice.at(-1);
    if (block) await relayer.followerStore.apply({ from, head: block, logs: slice.flatMap(({ logs }) => logs) });
  }

  /** Lets everything that was sent and not awaited arrive. */
  async function settle(): Promise<void> {
    for (let rest = REST; rest > 0; rest = underWay > 0 ? REST : rest - 1)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends all: a database of a server stays open otherwise. */
  async function close(): Promise<void> {
    for (const { db } of network) await db.destroy();
  }

  /** Messages of one member, as a person sees them. */
  async function messages(member = 0): Promise<{ eventId: string; status: string; reason: string | null }[]> {
    const answer = await network[member]?.relayer.api.inject("/v1/messages");
    return (answer?.json() as { eventId: string; status: string; reason: string | null }[]).map(
      ({ eventId, status, reason }) => ({ eventId, status, reason }),
    );
  }

  /** Gives a device's message to every member that is up, as the broker does. */
  async function publish(device: Device, payload: object, to = network): Promise<void> {
    const message = { topic: device.topic, payload: device.signJws(payload), retained: false };
    for (const { relayer, up } of to) if (up) await relayer.receive(message);
    await settle();
  }

  function enrol(device: Device, owner: number): void {
    chain.emit("deviceRegistry", "DeviceEnrolled", [
      device.id,
      owner,
      CURVE_IDS[device.curve],
      device.x,
      device.y,
      NOW - 1000,
      NOW + 1_000_000,
      ZERO_HASH,
    ]);
  }

  /** Retires a member, or lets one join, in the next block. */
  function retire(member: number): void {
    chain.emit("quorum", "MemberRetired", [1, addresses[member], false]);
  }

  function join(member: number): void {
    const list = concat(addresses.slice(0, member + 1));
    chain.emit("quorum", "MemberAdded", [1, addresses[member], list, false]);
  }

  chain.mine();
  chain.emit("quorum", "GroupRegistered", [1, threshold, addresses.slice(0, registered)]);
  for (const [i, account] of [BUYER, SUPPLIER, STRANGER].entries()) {
    chain.emit("organisationRegistry", "OrganisationRegistered", [i + 1, 3, ZERO_HASH]);
    chain.emit("organisationRegistry", "AccountAdded", [i + 1, account]);
  }
  await step();

  return {
    chain,
    network,
    named,
    signatures,
    replaceStore,
    wallets,
    step,
    messages,
    publish,
    enrol,
    restart,
    replica,
    follow,
    retire,
    join,
    close,
  };
}

/** An order of the buyer's, each line of so many pieces, with all that belongs to it. */
export function makeOrder({
  number = "PO-1",
  quantity = 10n,
  expiry = NOW + 10_000,
  lines = 1,
  salt = 7,
  clauses: special = {},
  conditions: agreed = {},
  devices = "0x",
}: {
  number?: string;
  quantity?: bigint;
  expiry?: number;
  lines?: number;
  salt?: number;
  clauses?: Partial<Clauses>;
  conditions?: Partial<OrderConditions>;
  /** Root of the keys of devices that sign reports. */
  devices?: string;
} = {}) {
  const sheet: OrderSheet = {
    number,
    buyer: { identifiers: [GLN] },
    supplier: { identifiers: ["8809999999997"] },
    issued: new Date((NOW - 500) * 1000).toISOString().replace(".000", ""),
    currency: "KRW",
    minorUnit: 0,
    lines: Array.from({ length: lines }, (_, i) => ({
      id: String(i + 1),
      gtin: parseItemIdentifier(lgtin(i))?.gtin ?? null,
      item: null,
      unit: null,
      decimals: 0,
      quantity: String(quantity),
      total: String(quantity * 1000n),
    })),
    salt: toBeHex(salt, 32),
  };
  const conditions = {
    arbiter: toBeHex(0, 20),
    defaultSplit: 0,
    inspection: 0,
    answer: 0,
    arbitration: 0,
    statutoryTerm: 0,
    statutoryInterest: 0,
    sheet: sheetHash(sheet),
    documents: ZERO_HASH,
    ...agreed,
  };
  const clauses = packClauses({
    due: expiry - 1000,
    expiry,
    retentionUntil: 0,
    grace: 600,
    penaltyRate: 0,
    capDays: 0,
    retention: 0,
    group: 1,
    points: 1,
    options: 0,
    ...special,
  });
  const terms = {
    buyer: BUYER,
    supplier: SUPPLIER,
    clauses,
    conditions: hashConditions(conditions),
    lines: concat([devices, linesToBytes(sheet.lines.map(() => ({ quantity, total: quantity * 1000n })))]),
  };
  return { terms, document: { escrow, terms: { ...terms, clauses: String(clauses) }, conditions, sheet } };
}

/** Terms of an amendment: other dates or another group, and schedules of so many points up to a quantity. */
export function amendedTerms(p: {
  order: string;
  terms: OrderTerms;
  clauses?: Partial<Clauses>;
  quantity?: bigint;
  points?: number;
  lines?: number;
  /** Root of the keys of devices that sign reports. */
  devices?: string;
}): OrderTerms {
  const { order, terms, clauses, quantity = 10n, points = 2, lines = 1, devices = "0x" } = p;
  const schedule = Array.from({ length: points }, (_, i) => quantity - BigInt(points - 1 - i));
  const all = Array.from({ length: lines }, () => schedule).flat();
  const agreed = { ...unpackClauses(terms.clauses), ...clauses };
  return {
    ...terms,
    clauses: packClauses({ ...agreed, points, options: agreed.options | OPTION_AMENDED }),
    lines: concat([order, devices, linesToBytes(all.map((to) => ({ quantity: to, total: to * 1000n })))]),
  };
}

export const orderUri = (number = "PO-1"): string => `urn:epcglobal:cbv:bt:${GLN}:${number}`;
export const domain = escrowDomain({ chainId: deployment.chainId, escrow });

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
