import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Wallet } from "ethers";
import { encodeConfirm } from "../src/chain/confirm.ts";
import { currencyContracts } from "../src/chain/deployment.ts";
import { MAX_TRANSACTION_GAS } from "../src/chain/preflight.ts";
import { batchFromJson, deliveryBatch, digestOf, eventsRoot, proposalToJson } from "../src/relayer/batch.ts";
import type { Batch, Report } from "../src/relayer/batch.ts";
import type { Network } from "../testbed/network.ts";
import type { Heard } from "../testbed/networkTap.ts";
import type { Rng } from "../testbed/seeded.ts";
import type { Made } from "./devices.ts";
import { pause } from "./faults/fault.ts";
import type { Attack } from "./faults/fault.ts";
import type { Scene } from "./scene.ts";
import type { Traffic } from "./traffic.ts";

export type Hostile = Awaited<ReturnType<typeof openHostile>>;

interface Surroundings {
  network: Network;
  scene: Scene;
  traffic: Traffic;
}

/** Digests that are remembered, the newest. */
const KEPT = 40;
/** Longest wait for the answer of a member, in milliseconds. */
const ANSWER = 5_000;

/**
 * A member whose operator attacks. It has its key and everything that it is shown; it signs nothing that the others could
 * use, unless that serves it, and it proposes what it likes. Without attacks it is silent.
 */
export async function openHostile({ index }: { index: number }) {
  const heard: Heard[] = [];
  const shown: Batch[] = [];
  let stage: Surroundings | null = null;
  let mood: "silent" | "signs-other" | "refuses" | "garbage" = "silent";
  let answered = 0;

  const wallet = (): Wallet => stage?.network.relayers[index]?.wallet ?? new Wallet(Wallet.createRandom().privateKey);
  const signOver = (digest: string, by = wallet()): string => by.signingKey.sign(digest).serialized;

  function answer(path: string, body: string): unknown {
    if (path === "/v1/peer/messages") return { taken: 0, left: [] };
    if (path === "/v1/peer/shares") return {};
    if (path === "/v1/peer/roots") return { roots: [] };
    if (path.startsWith("/v1/peer/events")) return { messages: [], last: 0, more: false, recovering: false };
    if (path.startsWith("/v1/peer/newest/")) return { newest: null };
    if (path !== "/v1/peer/proposals") return null;
    heard.push({ path, body, answer: "" });
    shown.push(batchFromJson((JSON.parse(body) as { batch: unknown }).batch));
    shown.splice(0, shown.length - KEPT);
    if (mood !== "silent") answered++;
    if (mood === "signs-other") return { decision: "sign", signature: signOver(eventsRoot([])) };
    if (mood === "refuses") return { decision: "refuse", reason: "no", evidence: [], objections: [] };
    if (mood === "garbage") return { decision: 7 };
    return { decision: "wait", reason: "nothing is here", missing: [] };
  }

  const server = createServer((incoming, response) => {
    readWhole(incoming)
      .then((body) => {
        const value = answer(incoming.url ?? "", body);
        response.writeHead(value === null ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(value));
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));

  /** Sends to one member, past nobody. @returns its answer; null: none */
  async function tell(place: Surroundings, to: number, path: string, body: string): Promise<unknown> {
    const url = place.network.relayers[to]?.tap.url ?? "";
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(ANSWER);
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body, signal }).catch(() => null);
    return response === null ? null : await response.json().catch(() => ({}));
  }

  const share = (place: Surroundings, to: number, digest: string, signature: string) =>
    tell(place, to, "/v1/peer/shares", JSON.stringify({ digest, signature }));

  /** A batch about what was delivered last on some line, at the block that relayers stand at; or a lie about it. */
  async function batchOf(place: Surroundings, rng: Rng, lie: "none" | "sum" | "invented"): Promise<Batch | null> {
    const { network, scene, traffic } = place;
    const depth = Number(network.relayers[0]?.settings["FACTORYCHAIN_FINALITY_DEPTH"] ?? 0);
    const number = Number(await network.chain.rpc("eth_blockNumber")) - depth;
    const tag = `0x${number.toString(16)}`;
    const block = (await network.chain.rpc("eth_getBlockByNumber", [tag, false])) as Record<string, string> | null;
    const last = traffic.made.at(-1 - rng.nat(Math.max(1, Math.min(6, traffic.made.length))));
    const order = scene.orders.find(({ id }) => id === last?.sent.order);
    if (block === null || last === undefined || order === undefined) return null;
    const { escrow } = network.admin.contracts.currency(network.currency);
    const { delivered } = await escrow.lineOf(order.terms, last.sent.line, { blockTag: number });
    const own = traffic.made.filter(({ sent }) => sent.order === order.id && sent.line === last.sent.line);
    const some = own.slice(-1 - rng.nat(2));
    const { members, group, deployment, currency } = network;
    return {
      ...{ escrow: currencyContracts({ deployment, currency }).escrow, group, members },
      proposer: members[index] ?? "",
      block: { number, hash: block["hash"] ?? "", time: Number(block["timestamp"]) },
      reports: [reportOf({ some, from: delivered, lie })],
    };
  }

  const digest = (place: Surroundings, batch: Batch, chainId = place.network.deployment.chainId): string =>
    digestOf({ chainId, batch });

  const propose = (place: Surroundings, to: number, batch: Batch) => {
    const signature = signOver(digest(place, batch));
    return tell(place, to, "/v1/peer/proposals", proposalToJson({ batch, signature }));
  };

  const others = (place: Surroundings): number[] =>
    place.network.relayers.map((relayer) => relayer.index).filter((one) => one !== index);

  /** To every other member. @returns whether any of them answered */
  async function toAll(place: Surroundings, work: (to: number) => Promise<unknown>): Promise<boolean> {
    const answers = await Promise.all(others(place).map(work));
    return answers.some((one) => one !== null);
  }

  async function sharesOver(place: Surroundings, rng: Rng, signatureOf: (batch: Batch) => string, times = 1) {
    const batch = shown.length === 0 ? null : rng.pick(shown);
    if (batch === null) return false;
    const name = digest(place, batch);
    for (let time = 1; time < times; time++) await toAll(place, (to) => share(place, to, name, signatureOf(batch)));
    return await toAll(place, (to) => share(place, to, name, signatureOf(batch)));
  }

  async function behave(next: typeof mood): Promise<boolean> {
    const before = answered;
    mood = next;
    for (let i = 0; i < 60 && answered === before; i++) await pause(200);
    mood = "silent";
    return answered > before;
  }

  const attacks: Record<string, (place: Surroundings, rng: Rng) => Promise<boolean>> = {
    "wrong-payload": (place, rng) => sharesOver(place, rng, () => signOver(eventsRoot([]))),
    "other-domain": (place, rng) =>
      sharesOver(place, rng, (batch) => signOver(digest(place, batch, place.network.deployment.chainId + 1))),
    unauthorised: (place, rng) =>
      sharesOver(place, rng, (batch) => signOver(digest(place, batch), new Wallet(Wallet.createRandom().privateKey))),
    "doubled-share": (place, rng) => sharesOver(place, rng, (batch) => signOver(digest(place, batch)), 5),
    async equivocates(place, rng) {
      const [first, second] = [await batchOf(place, rng, "none"), await batchOf(place, rng, "none")];
      if (first === null || second === null) return false;
      const other = { ...second, block: first.block };
      return await toAll(place, async (to) => {
        const answer = await propose(place, to, rng.chance(0.5) ? first : other);
        return (await propose(place, to, other)) ?? answer;
      });
    },
    async lies(place, rng) {
      const batch = await batchOf(place, rng, rng.pick(["sum", "invented"] as const));
      return batch !== null && (await toAll(place, (to) => propose(place, to, batch)));
    },
    nonsense: (place, rng) =>
      toAll(place, async (to) => {
        const body = rng.pick(["{}", "[", '{"batch":{},"signature":""}', '{"batch":null}', `"${"x".repeat(5_000)}"`]);
        await tell(place, to, "/v1/peer/messages", '{"messages":[{"payload":"e30","encoding":"utf8"}]}');
        return await tell(place, to, "/v1/peer/proposals", body);
      }),
    "signs-other": () => behave("signs-other"),
    refuses: () => behave("refuses"),
    garbage: () => behave("garbage"),
    // It has enough signatures, shows nobody the certificate, and puts it on the chain late.
    async withholds(place, rng) {
      const batch = await batchOf(place, rng, "none");
      if (batch === null) return false;
      const signatures = [{ member: batch.proposer, signature: signOver(digest(place, batch)) }];
      const told = await toAll(place, async (to) => {
        const said = (await propose(place, to, batch)) as { decision?: string; signature?: string } | null;
        const member = batch.members[to] ?? "";
        if (said?.decision === "sign") signatures.push({ member, signature: said.signature ?? "" });
        return said;
      });
      await pause(rng.nat(8_000));
      if (signatures.length >= place.network.threshold) await submit(place, batch, signatures);
      return told;
    },
  };

  async function submit(place: Surroundings, batch: Batch, shares: { member: string; signature: string }[]) {
    const { network, scene } = place;
    const terms = new Map(scene.orders.map((order) => [order.id, order.terms]));
    const data = encodeConfirm({ batch: deliveryBatch(batch), shares, terms });
    const nonce = Number(await network.chain.rpc("eth_getTransactionCount", [wallet().address, "latest"]));
    const raw = await wallet().signTransaction({
      ...{ type: 0, chainId: network.deployment.chainId, nonce, gasPrice: 0n, gasLimit: MAX_TRANSACTION_GAS },
      ...{ to: batch.escrow, data, value: 0n },
    });
    await network.chain.rpc("eth_sendRawTransaction", [raw]).catch(() => undefined);
  }

  const attack: Attack = async (kind, rng) => {
    if (stage === null) return false;
    return (await attacks[kind]?.(stage, rng).catch(() => false)) ?? false;
  };

  return {
    index,
    heard,
    attack,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    join: (place: Surroundings): void => void (stage = place),
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function reportOf(p: { some: readonly Made[]; from: bigint; lie: "none" | "sum" | "invented" }): Report {
  const listed = p.some.map(({ sent: { device, eventId, content, quantity } }) => ({
    ...{ device, content, quantity },
    eventId: p.lie === "invented" ? `${eventId}:invented` : eventId,
  }));
  const events = [...new Map(listed.map((one) => [`${one.device}${one.eventId}`, one])).values()].sort((a, b) =>
    `${a.device} ${a.eventId}` < `${b.device} ${b.eventId}` ? -1 : 1,
  );
  const sum = events.reduce((total, { quantity }) => total + quantity, 0n);
  const sent = p.some[0]?.sent;
  const times = p.some.map(({ event }) => Date.parse((event as { eventTime: string }).eventTime) / 1000);
  return {
    ...{ order: sent?.order ?? "", line: sent?.line ?? 0, from: p.from, late: 0n, latest: Math.max(...times) },
    ...{ to: p.from + sum + (p.lie === "sum" ? 1n : 0n), root: eventsRoot(events), events },
  };
}

async function readWhole(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
