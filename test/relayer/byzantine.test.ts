import { expect } from "chai";
import { batchId, digestOf, proposalFromJson } from "../../src/relayer/batch.ts";
import type { ReportEvent } from "../../src/relayer/batch.ts";
import { deployment } from "../support/fakeEscrow.ts";
import { createHostileRelayer } from "../support/hostileRelayer.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { NOW } from "../support/relayerNetwork.ts";
import { createRng } from "../../testbed/seeded.ts";
import type { Rng } from "../../testbed/seeded.ts";

const SHAPES = [
  { members: 3, threshold: 2 },
  { members: 3, threshold: 2 },
  { members: 4, threshold: 3 },
  { members: 5, threshold: 3 },
];
const SCHEDULES = 200;
const FIRST = Number(process.env["SEED"] ?? 1);

/** What proposals said, by whoever sent them: what stands behind each root, and the batch id of each digest. */
function createWitness() {
  const events = new Map<string, ReportEvent[]>();
  const ids = new Map<string, string>();
  const heard = (path: string, body: string): void => {
    if (!path.endsWith("/proposals")) return;
    try {
      const { batch } = proposalFromJson(JSON.parse(body));
      ids.set(digestOf({ chainId: deployment.chainId, batch }), batchId(batch));
      for (const report of batch.reports) events.set(report.root, report.events);
    } catch {
      // What the hostile member sends need not be readable.
    }
  };
  return { events, ids, heard };
}

/** One event: its quantity, and whether its device also signed something that makes it void, or may. */
interface Sent {
  quantity: number;
  contested: boolean;
}

async function play(seed: number) {
  const rng = createRng(seed);
  const shape = rng.pick(SHAPES);
  const drop = rng.pick([0, 0.1, 0.3]);
  let calm = false;
  const witness = createWitness();
  const base = await createOrderNetwork({
    ...shape,
    heard: witness.heard,
    lost: () => !calm && rng.chance(drop),
    order: { quantity: 1_000n },
  });
  const network = { ...base, heard: witness.heard };
  const evil = rng.nat(shape.members);
  const honest = network.network.map((_, i) => i).filter((i) => i !== evil);
  const hostile = createHostileRelayer({ network, index: evil, rng });
  const sent: Sent[] = [];
  const some = (): (typeof network.network)[number][] =>
    network.network.filter((_, i) => i === evil || rng.chance(0.5) || i === honest[sent.length % honest.length]);

  let lost = 0;
  await network.step(2);
  const actions: Record<string, () => Promise<unknown>> = {
    event: async () => {
      sent.push({ quantity: 1 + rng.nat(9), contested: false });
      await network.publish(network.device, payload(sent, sent.length - 1), some());
    },
    twin: () => again(rng, sent, (i) => network.publish(network.device, payload(sent, i, { twin: true }), some())),
    fix: () => again(rng, sent, (i) => network.publish(network.device, payload(sent, i, { fix: true }), some())),
    crash: async () => network.restart(rng.pick(honest)),
    lose: async () => {
      // Whoever rebuilds counts as faulty: one at a time.
      const standings = honest.map((i) => network.network[i]!.relayer.standing().phase);
      if (standings.some((phase) => phase !== "ready")) return;
      lost++;
      const victim = rng.pick(honest);
      await hostile.equivocate();
      await network.replaceStore(victim);
      await network.step(2);
      await hostile.repeat(victim);
    },
    equivocate: () => hostile.equivocate(),
    pester: () => hostile.pester(rng.pick(honest)),
    nap: async () => {
      const sleeper = network.network[rng.pick(honest)]!;
      sleeper.up = false;
      await network.step(1 + rng.nat(3));
      sleeper.up = true;
    },
  };
  const names = [...Array<string>(4).fill("event"), ...Object.keys(actions), "equivocate", "lose"];
  for (let i = 4 + rng.nat(6); i > 0; i--) {
    await actions[rng.pick(names)]?.();
    await network.step(rng.nat(3));
  }
  calm = true;
  network.network[evil]!.up = false;
  // All honest members are up from here on; that must be enough.
  const held = await heldBy(network, honest);
  for (let rounds = 0; rounds < 48 && (rounds < 6 || !allCounted()); rounds++) {
    // Nobody sees every block: turns pass more quickly than rounds.
    for (let unseen = rng.nat(4); unseen > 0; unseen--) network.chain.mine();
    await network.step();
  }
  function allCounted(): boolean {
    return certain().every((i) => isCounted(i));
  }
  /**
   * Events that must count. A report that only the hostile member and whoever lost its store signed may be one that
   * nobody else can open: then nothing false happens, and nothing more.
   */
  function certain(): number[] {
    if (lost + 1 > Math.min(shape.threshold - 1, shape.members - shape.threshold)) return [];
    return [...sent.keys()].filter((i) => !sent[i]!.contested && held.has(`e${String(i)}`));
  }
  function isCounted(i: number): boolean {
    return counted(network, witness.events).some(({ eventId }) => eventId === `e${String(i)}`);
  }
  return { network, honest, evil, sent, witness, certain: certain(), isCounted };
}

type Network = Awaited<ReturnType<typeof createOrderNetwork>>;

function payload(sent: readonly Sent[], i: number, { twin = false, fix = false } = {}): object {
  const errorDeclaration = { declarationTime: new Date(NOW * 1000).toISOString() };
  return deliveryOf(`e${String(i)}`, sent[i]!.quantity + (twin ? 10 : 0), fix ? { errorDeclaration } : {});
}

async function again(rng: Rng, sent: Sent[], publish: (i: number) => Promise<void>): Promise<void> {
  if (sent.length === 0) return;
  const i = rng.nat(sent.length);
  sent[i]!.contested = true;
  await publish(i);
}

async function heldBy({ network }: Network, honest: readonly number[]): Promise<Set<string>> {
  const rows = honest.map((i) => network[i]!.db.selectFrom("events").select("event_id").execute());
  return new Set((await Promise.all(rows)).flat().map(({ event_id }) => event_id));
}

/** The events of confirmed reports, as their proposals said. */
function counted({ chain }: Network, events: ReadonlyMap<string, ReportEvent[]>): ReportEvent[] {
  return chain.confirmed.flatMap(({ root }) => events.get(root) ?? []);
}

describe("relayers with a dishonest member among them", () => {
  it(`count nothing false or twice, lose nothing, and sign one digest for one batch, in ${String(SCHEDULES)} schedules`, async function () {
    this.timeout(300_000);
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
      const { network, honest, sent, witness, certain, isCounted } = await play(seed);
      const name = `schedule ${String(seed)}`;
      const events = counted(network, witness.events);
      const keys = events.map(({ eventId }) => eventId);
      expect(new Set(keys).size, `${name}: an event counted twice`).to.equal(keys.length);
      for (const { eventId, quantity } of events) {
        const event = sent[Number(eventId.slice(1))];
        const contents = event ? [event.quantity, ...(event.contested ? [event.quantity + 10] : [])] : [];
        expect(contents, `${name}: ${eventId}`).to.include(Number(quantity));
      }
      const sum = events.reduce((total, { quantity }) => total + quantity, 0n);
      expect(network.chain.delivered(network.order), `${name}: delivered`).to.equal(sum);
      for (const i of certain) expect(isCounted(i), `${name}: e${String(i)} was lost`).to.equal(true);
      for (const member of honest) {
        const mine = new Set(network.signatures.filter((one) => one.member === member).map(({ digest }) => digest));
        const ids = [...mine].map((digest) => witness.ids.get(digest)).filter((id) => id !== undefined);
        expect(new Set(ids).size, `${name}: member ${String(member)} signed twice for one batch`).to.equal(ids.length);
      }
      await network.close();
    }
  });
});
