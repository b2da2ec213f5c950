import type { RpcProvider } from "../../chain/provider.ts";
import { readHead } from "../../chain/wire.ts";
import { FactoryChainError, RetryableError } from "../../lib/errors.ts";
import { pause } from "../interrupt.ts";
import { readMessages } from "../../sdk/relayers/readMessages.ts";
import type { RelayerMessage } from "../../sdk/relayers/readMessages.ts";
import { readRelayerStatus } from "../../sdk/relayers/readRelayerStatus.ts";
import type { RelayerStatus } from "../../sdk/relayers/readRelayerStatus.ts";

/** Longest time in which nothing at all changes, in milliseconds; a chain that lost a validator needs minutes. */
const PATIENCE = 240_000;
const PAUSE = 200;

/**
 * Waits until every relayer has judged every message and no batch is open.
 *
 * @param sent how many messages were published
 * @param look called between two looks, to show what happened meanwhile; it may fail while the node is away
 * @throws RetryableError `demo-stalled` when nothing changes any more
 */
export async function untilSettled(p: {
  relayers: readonly string[];
  sent: number;
  look: () => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  let last = "";
  let changed = Date.now();
  for (;;) {
    p.signal.throwIfAborted();
    const statuses = await Promise.all(p.relayers.map((url) => readRelayerStatus({ url }).catch(() => null)));
    await p.look().catch(passOutage);
    if (statuses.every((status) => status !== null && isSettled(status, p.sent))) return;
    const now = JSON.stringify(statuses.map((status) => status && { ...status, head: null }));
    if (now !== last) changed = Date.now();
    last = now;
    if (Date.now() - changed > PATIENCE) throw stalled(statuses);
    await pause(PAUSE, p.signal);
  }
}

/**
 * Waits until every relayer has judged the block that is the chain's newest now: what was done before, they know then. A
 * delivery that comes while they do not waits for what they do not know, and that is an answer.
 *
 * @throws RetryableError `relayers-behind` when they do not get there
 */
export async function untilThere(p: {
  provider: RpcProvider;
  relayers: readonly string[];
  signal: AbortSignal;
}): Promise<void> {
  const { number } = await readHead(p.provider);
  for (const until = Date.now() + PATIENCE; ; await pause(PAUSE, p.signal)) {
    const statuses = await Promise.all(p.relayers.map((url) => readRelayerStatus({ url }).catch(() => null)));
    if (statuses.every((status) => status !== null && status.head.number >= number)) return;
    if (Date.now() <= until) continue;
    throw new RetryableError("relayers-behind", `The relayers do not get to block ${number} of the chain.`, {
      expected: "relayers that follow the chain",
      advice: "See whether they run and reach their node, then try again.",
    });
  }
}

/** A node that is away for a while stops nobody: the relayers wait for it too. */
function passOutage(error: unknown): void {
  if (!(error instanceof FactoryChainError && error.retryable)) throw error;
}

function isSettled({ messages, open }: RelayerStatus, sent: number): boolean {
  return messages.received >= sent && messages.pending === 0 && open === 0;
}

function stalled(statuses: readonly (RelayerStatus | null)[]): RetryableError {
  const states = statuses.map((status) =>
    status === null
      ? "one does not answer"
      : `one has ${status.messages.received} messages, ${status.messages.pending} not judged, ${status.open} batches open`,
  );
  return new RetryableError("demo-stalled", `The relayers have not settled: ${states.join("; ")}.`, {
    expected: "every message judged by every relayer",
    advice: "See whether the chain makes blocks and the machine has memory left, then run the demo again.",
  });
}

/** What became of the messages, and how many there were of each. */
export interface Verdicts {
  messages: RelayerMessage[];
  events: { received: number; counted: number; duplicate: number; refused: number; waiting: number };
}

/**
 * What the relayers made of the messages. A relayer that was killed may have been given a message a second time, which it
 * notes as one more duplicate: the list is that of the relayer with the fewest, and what is over is left out.
 */
export async function readVerdicts(p: { relayers: readonly string[]; sent: number }): Promise<Verdicts> {
  const lists = await Promise.all(p.relayers.map((url) => readMessages({ url })));
  const shortest = lists.reduce((a, b) => (b.length < a.length ? b : a));
  const over = Math.max(0, shortest.length - p.sent);
  const duplicates = shortest.filter(({ status }) => status === "duplicate");
  const again = new Set(duplicates.slice(Math.max(0, duplicates.length - over)));
  const messages = shortest.filter((message) => !again.has(message));
  const count = (status: RelayerMessage["status"]) => messages.filter((message) => message.status === status).length;
  const events = {
    received: messages.length,
    counted: count("counted"),
    duplicate: count("duplicate"),
    refused: count("refused"),
    waiting: count("waiting"),
  };
  return { messages, events };
}
