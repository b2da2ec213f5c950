import type { Rng } from "../../testbed/seeded.ts";
import { digestOf, eventsRoot, proposalToJson } from "../../src/relayer/batch.ts";
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
export function createHostileRelayer({ network, index, rng }: { network: Network; index: number; rng: Rng }) {
  const { chain, wallets } = network;
  const addresses = wallets.map(({ address }) => address.toLowerCase());
  const own = network.network[index]!;
  const kept: Batch[] = [];
  const gathered = new Map<string, { batch: Batch; signatures: string[] }>();

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
    const payload = proposalToJson({ batch, signature: wallets[index]!.signingKey.sign(digest).serialized });
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
    const known = gathered.get(digest) ?? { batch, signatures: [] };
    known.signatures.push(signature);
    gathered.set(digest, known);
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
