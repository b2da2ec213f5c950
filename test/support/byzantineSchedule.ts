import { batchId, digestOf, proposalFromJson } from "../../src/relayer/batch.ts";
import type { ReportEvent } from "../../src/relayer/batch.ts";
import { deployment } from "./fakeEscrow.ts";
import { createHostileRelayer } from "./hostileRelayer.ts";
import { createOrderNetwork, deliveryOf } from "./orderNetwork.ts";
import { NOW } from "./relayerNetwork.ts";
import { createRng } from "../../testbed/seeded.ts";

/** Each seed takes the next shape and the next rate of lost requests, so that a few schedules meet all of them. */
const SHAPES = [
  { members: 3, threshold: 2 },
  { members: 4, threshold: 3 },
  { members: 3, threshold: 2 },
  { members: 5, threshold: 3 },
];
const DROPS = [0, 0.1, 0.3];

/** Blocks, each of a second, after which a report that nobody explains stops no other; an event may be as far ahead. */
const HIDDEN = 301;

/** Blocks after which what is not settled was offered again at least once. */
const OFFERED = 12;

/** One event: its quantity, and what else its device signed about it. */
interface Sent {
  quantity: number;
  /** It was signed with another quantity too, or withdrawn. */
  contested: boolean;
  /** It was withdrawn before anybody had it. */
  stillborn: boolean;
  time: number;
}

type Network = Awaited<ReturnType<typeof createOrderNetwork>>;

/**
 * Plays one schedule of a seed: drops, restarts, lost stores, naps, two contents of one event, corrections, and a member
 * that attacks; then calm.
 *
 * @returns what the rules of docs/relayers.md do not allow and happened all the same
 */
export async function playSchedule(seed: number): Promise<string[]> {
  const rng = createRng(seed);
  const shape = SHAPES[seed % SHAPES.length]!;
  const drop = DROPS[seed % DROPS.length]!;
  let calm = false;
  const witness = createWitness();
  const base = await createOrderNetwork({
    ...shape,
    heard: witness.heard,
    lost: () => !calm && rng.chance(drop),
    order: { quantity: 1_000n },
  });
  const network = { ...base, heard: witness.heard };
  const members = network.network;
  const evil = rng.nat(shape.members);
  const honest = [...members.keys()].filter((i) => i !== evil);
  const hostile = createHostileRelayer({ network, index: evil, rng, threshold: shape.threshold });
  const sent: Sent[] = [];
  const some = (): typeof members =>
    members.filter((_, i) => i === evil || rng.chance(0.5) || i === honest[sent.length % honest.length]);
  const publish = (i: number, more = {}, to = some()) => network.publish(network.device, payload(sent, i, more), to);
  const create = (stillborn: boolean, time = NOW): number =>
    sent.push({ quantity: 1 + rng.nat(9), contested: stillborn, stillborn, time }) - 1;
  const contest = async (more: object): Promise<void> => {
    if (sent.length === 0) return;
    const i = rng.nat(sent.length);
    sent[i]!.contested = true;
    // One honest member alone gets it: the others learn it from that one.
    await publish(i, more, [members[evil]!, members[rng.pick(honest)]!]);
  };

  let lost = 0;
  await network.step(2);
  const actions: Record<string, () => Promise<unknown>> = {
    event: () => publish(create(false)),
    twin: () => contest({ twin: true }),
    fix: () => contest({ fix: true }),
    stillborn: async () => {
      // Whoever naps or rebuilds may miss it.
      if (!honest.every((i) => members[i]!.up && isReady(network, i))) return;
      const i = create(true);
      await publish(i, { fix: true }, members);
      await publish(i);
    },
    crash: async () => network.restart(rng.pick(honest)),
    lose: async () => {
      // Whoever rebuilds counts as faulty: one at a time.
      if (!honest.every((i) => isReady(network, i))) return;
      lost++;
      const victim = rng.pick(honest);
      await hostile.equivocate();
      // With it, sometimes, goes what nobody but the attacker has heard of by then.
      await network.step(rng.nat(2));
      await network.replaceStore(victim);
      hostile.submit();
      await network.step(2);
      await hostile.repeat(victim);
    },
    equivocate: () => hostile.equivocate(),
    submit: () => Promise.resolve(hostile.submit()),
    pester: () => hostile.pester(rng.pick(honest)),
    nap: async () => {
      const sleeper = members[rng.pick(honest)]!;
      sleeper.up = false;
      await network.step(1 + rng.nat(3));
      sleeper.up = true;
    },
  };
  const names = [...Array<string>(4).fill("event"), ...Object.keys(actions), "equivocate", "lose"];
  await actions["event"]?.();
  await actions["equivocate"]?.();
  for (let i = 4 + rng.nat(6); i > 0; i--) {
    await actions[rng.pick(names)]?.();
    await network.step(rng.nat(3));
  }
  calm = true;
  members[evil]!.up = false;
  // All honest members are up from here on; that must be enough.
  const held = await heldBy(network, honest);
  // A report that only the attacker and whoever lost its store signed may be one that nobody else can open. What it may
  // have counted waits, and what comes later does not.
  const withinBounds = lost + 1 <= Math.min(shape.threshold - 1, shape.members - shape.threshold);
  const certain = [...sent.keys()].filter((i) => withinBounds && !sent[i]!.contested && held.has(`e${String(i)}`));
  if (!withinBounds) {
    await network.step();
    for (let blocks = 0; blocks < HIDDEN; blocks++) network.chain.mine();
    await network.step();
    const time = network.chain.blocks.at(-1)!.time + HIDDEN - 10;
    certain.push(create(false, time));
    await publish(
      certain[0]!,
      {},
      members.filter((_, i) => honest.includes(i)),
    );
  }
  const lacking = () => {
    const keys = new Set(counted(network, witness.events).map(({ eventId }) => eventId));
    return certain.filter((i) => !keys.has(`e${String(i)}`));
  };
  const least = sent.some(({ contested }) => contested) ? OFFERED : 3;
  for (let rounds = 0; rounds < 48 && (rounds < least || lacking().length > 0); rounds++) {
    // Nobody sees every block: turns pass more quickly than rounds.
    for (let unseen = rng.nat(4); unseen > 0; unseen--) network.chain.mine();
    await network.step();
  }
  const violations = [
    ...falselyCounted(network, witness, sent),
    ...lacking().map((i) => `e${String(i)} was lost`),
    ...signedTwice(network, witness, honest),
    ...(await disagreements(network, witness, honest)),
  ];
  await network.close();
  return violations.map((violation) => `schedule ${String(seed)}: ${violation}`);
}

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

type Witness = ReturnType<typeof createWitness>;

function payload(sent: readonly Sent[], i: number, { twin = false, fix = false }): object {
  const errorDeclaration = { declarationTime: new Date(NOW * 1000).toISOString() };
  return deliveryOf(`e${String(i)}`, sent[i]!.quantity + (twin ? 10 : 0), {
    eventTime: new Date(sent[i]!.time * 1000).toISOString(),
    ...(fix ? { errorDeclaration } : {}),
  });
}

function isReady({ network }: Network, member: number): boolean {
  return network[member]!.relayer.standing().phase === "ready";
}

async function heldBy({ network }: Network, honest: readonly number[]): Promise<Set<string>> {
  const rows = honest.map((i) => network[i]!.db.selectFrom("events").select("event_id").execute());
  return new Set((await Promise.all(rows)).flat().map(({ event_id }) => event_id));
}

/** The events of confirmed reports, as their proposals said. */
function counted({ chain }: Network, events: ReadonlyMap<string, ReportEvent[]>): ReportEvent[] {
  return chain.confirmed.flatMap(({ root }) => events.get(root) ?? []);
}

/** Nothing counts twice, in another quantity than its device signed, or after it was withdrawn before anybody had it. */
function falselyCounted(network: Network, { events }: Witness, sent: readonly Sent[]) {
  const all = counted(network, events);
  const violations: string[] = [];
  const keys = new Set<string>();
  for (const { eventId, quantity } of all) {
    if (keys.has(eventId)) violations.push(`${eventId} counted twice`);
    keys.add(eventId);
    const event = sent[Number(eventId.slice(1))];
    const contents = event ? [event.quantity, ...(event.contested ? [event.quantity + 10] : [])] : [];
    if (!contents.includes(Number(quantity))) violations.push(`${eventId} counted as ${String(quantity)}`);
    if (event?.stillborn) violations.push(`${eventId} counted although every member had its withdrawal first`);
  }
  const sum = all.reduce((total, { quantity }) => total + quantity, 0n);
  const delivered = network.chain.delivered(network.order);
  if (delivered !== sum) violations.push(`delivered is ${String(delivered)}, its events are ${String(sum)}`);
  return violations;
}

function signedTwice(network: Network, { ids }: Witness, honest: readonly number[]): string[] {
  return honest.flatMap((member) => {
    const mine = new Set(network.signatures.filter((one) => one.member === member).map(({ digest }) => digest));
    const batches = [...mine].map((digest) => ids.get(digest)).filter((id) => id !== undefined);
    return new Set(batches).size === batches.length ? [] : [`member ${String(member)} signed twice for one batch`];
  });
}

/** In the end every honest member holds each withdrawal that any of them holds, unless its event was counted before. */
async function disagreements(network: Network, { events }: Witness, honest: readonly number[]): Promise<string[]> {
  const lists = honest.map(async (i) => {
    const query = network.network[i]!.db.selectFrom("events").select("event_id").where("kind", "=", "correction");
    return new Set((await query.execute()).map(({ event_id }) => event_id));
  });
  const held = await Promise.all(lists);
  const done = new Set(counted(network, events).map(({ eventId }) => eventId));
  const all = [...new Set(held.flatMap((list) => [...list]))].filter((id) => !done.has(id));
  return held.flatMap((list, i) =>
    all.filter((id) => !list.has(id)).map((id) => `member ${String(honest[i])} never got the withdrawal of ${id}`),
  );
}
