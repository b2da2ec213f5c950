import type { Rng } from "../../testbed/seeded.ts";
import { confirmCost, encodeConfirm } from "../../src/chain/confirm.ts";
import { batchId, deliveryBatch, digestOf, eventsRoot, proposalToJson } from "../../src/relayer/batch.ts";
import type { Batch, Report, ReportEvent } from "../../src/relayer/batch.ts";
import type { DeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { deployment, escrow } from "./fakeEscrow.ts";
import type { createOrderNetwork } from "./orderNetwork.ts";

/** `heard` is told of what the attacker proposes. */
type Network = Awaited<ReturnType<typeof createOrderNetwork>> & { heard: (path: string, body: string) => void };

/**
 * A member whose operator attacks: it proposes two batches for one block, lies in them, shows old ones again to whoever
 * lost its store, and lets certificates that it has gathered lie.
 */
export function createHostileRelayer({
  network,
  index,
  rng,
  threshold = 2,
}: {
  network: Network;
  index: number;
  rng: Rng;
  /** Signatures that make a certificate. */
  threshold?: number;
}) {
  const { chain, wallets } = network;
  const addresses = wallets.map(({ address }) => address.toLowerCase());
  const own = network.network[index]!;
  const kept: Batch[] = [];
  const gathered = new Map<string, { batch: Batch; shares: { member: string; signature: string }[] }>();

  async function report(lie: "none" | "again" | "sum"): Promise<Report | undefined> {
    const rows = await own.db.selectFrom("events").selectAll().where("kind", "=", "delivery").execute();
    const confirmed = await own.db.selectFrom("chain_confirmations").selectAll().orderBy("block").execute();
    const opened = await own.db.selectFrom("root_events").selectAll().execute();
    const roots = new Set(confirmed.map(({ root }) => root));
    const used = new Set(opened.filter(({ root }) => roots.has(root)).map(({ event_id }) => event_id));
    const events: ReportEvent[] = [];
    for (const row of rows) {
      const { items } = JSON.parse(row.body) as DeliveryEvent;
      const twice = events.some(({ eventId }) => eventId === row.event_id);
      if (twice || rng.chance(0.4) || (lie !== "again" && used.has(row.event_id))) continue;
      const quantity = BigInt((items[0] as { quantity: string | null }).quantity ?? 1);
      events.push({ device: row.device, eventId: row.event_id, content: row.content, quantity });
    }
    if (events.length === 0) return undefined;
    const from = BigInt(confirmed.at(-1)?.delivered ?? 0);
    const to = events.reduce((sum, { quantity }) => sum + quantity, from) + (lie === "sum" ? 1n : 0n);
    const latest = Math.max(...rows.map(({ time }) => Math.floor(time)));
    return { order: network.order, line: 0, from, to, late: 0n, latest, root: eventsRoot(events), events };
  }

  async function put(batch: Batch, to: number): Promise<void> {
    const digest = digestOf({ chainId: deployment.chainId, batch });
    const own = wallets[index]!.signingKey.sign(digest);
    const payload = proposalToJson({ batch, signature: own.serialized });
    network.heard("/v1/peer/proposals", payload);
    if (!network.network[to]?.up) return;
    const headers = { "content-type": "application/json", "x-from": addresses[index]! };
    const answer = await network.network[to].relayer.api.inject({
      method: "POST",
      url: "/v1/peer/proposals",
      headers,
      payload,
    });
    const { decision, signature } = answer.json<{ decision: string; signature?: string }>();
    if (decision !== "sign" || signature === undefined) return;
    const known = gathered.get(digest) ?? {
      batch,
      shares: [{ member: addresses[index]!, signature: own.compactSerialized }],
    };
    known.shares.push({ member: addresses[to]!, signature });
    gathered.set(digest, known);
  }

  /** One that lists events which are there, and nothing false. */
  async function truth(): Promise<Batch | undefined> {
    const { number, hash, time } = chain.blocks.at(-1)!;
    const some = await report("none");
    const head = { escrow, group: 1, members: addresses, proposer: addresses[index]! };
    return some && { ...head, block: { number, hash, time }, reports: [some] };
  }

  return {
    /** Two batches for one block, each to some. */
    async equivocate(): Promise<void> {
      const block = chain.blocks.at(-1)!;
      const { number, hash, time } = block;
      for (let i = 0; i < 2; i++) {
        const some = await report(rng.pick(["none", "none", "none", "again", "sum"] as const));
        if (!some) return;
        const head = { escrow, group: 1, members: addresses, proposer: addresses[index]! };
        const batch: Batch = { ...head, block: { number, hash, time }, reports: [some] };
        kept.push(batch);
        for (const to of addresses.keys()) {
          if (to === index) continue;
          if (rng.chance(0.6)) await put(batch, to);
        }
      }
    },

    /** A true batch, shown to some members alone. */
    async whisper(...to: number[]): Promise<Batch | undefined> {
      const batch = await truth();
      for (const member of batch ? to : []) await put(batch!, member);
      return batch;
    },

    /** Puts a certificate on the chain that it has kept back, the newest one: nobody else may know what stands behind it. */
    submit(): void {
      const known = [...gathered.values()].findLast(({ shares }) => shares.length >= threshold);
      if (!known) return;
      const { batch, shares } = known;
      const data = encodeConfirm({
        batch: deliveryBatch(batch),
        shares,
        terms: new Map([[network.order, network.terms]]),
      });
      const { gas } = confirmCost([{ order: network.order, bytes: 100, claims: 0, proof: null }]);
      chain.send({ id: `kept back ${batchId(batch)}`, to: escrow, data, gas }).catch(() => undefined);
    },

    /** Everything that it proposed in the last minutes, again to one member, with the events that this one needs. */
    async repeat(to: number): Promise<void> {
      const rows = await own.db.selectFrom("events").select(["payload", "encoding"]).execute();
      const headers = { "content-type": "application/json", "x-from": addresses[index]! };
      const payload = JSON.stringify({ messages: rows });
      await network.network[to]?.relayer.api.inject({ method: "POST", url: "/v1/peer/messages", headers, payload });
      for (const batch of kept.slice(-20)) await put(batch, to);
    },

    /** Signs what it is shown, gives members wrong signatures, and floods them with what cannot be read. */
    async pester(to: number): Promise<void> {
      const headers = { "content-type": "application/json", "x-from": addresses[index]! };
      const inject = (url: string, body: unknown) =>
        network.network[to]?.relayer.api.inject({ method: "POST", url, headers, payload: JSON.stringify(body) });
      const open = await own.db.selectFrom("batches").select("digest").execute();
      for (const { digest } of open) {
        const wrong = wallets[index]!.signingKey.sign(eventsRoot([])).serialized;
        await inject("/v1/peer/shares", { digest, signature: rng.chance(0.5) ? wrong : "0x00" });
      }
      await inject("/v1/peer/proposals", { batch: {}, signature: "" });
    },
  };
}
