import { FactoryChainError } from "../lib/errors.ts";
import type { Sender } from "./sender.ts";
import type { BlockRef, Intent, SentTransaction, TransactionStore } from "./transactions.ts";

/** Several senders as one: whoever gives an intent need not know which account carries it. */
export type Senders = Omit<Sender, "address">;

/** What an account cannot do now, which another one may: nothing was recorded for an intent that met it. */
const OBSTACLES = new Set(["transaction-refused", "nonce-gap", "nonce-used"]);

/**
 * Spreads intents over accounts, so that what one waits for holds up no other. An intent goes to the account with the
 * least under way, and stays with it for ever: whichever account has it on record carries it, after a crash too. Only
 * an account that is stuck before it recorded the intent passes it on. Each account keeps its sender's discipline.
 *
 * @param senders at least one; which of several idle ones is taken follows this order
 * @param store where all of them keep their transactions
 */
export function createSenders(p: { senders: Sender[]; store: Pick<TransactionStore, "find"> }): Senders {
  const { senders, store } = p;
  const load = new Map(senders.map((sender) => [sender, 0]));
  const sending = new Map<string, Promise<unknown>>();

  async function recordedAt(id: string): Promise<Sender | undefined> {
    for (const sender of senders) if ((await store.find({ sender: sender.address, id })) !== null) return sender;
    return undefined;
  }

  async function through(sender: Sender, intent: Intent): Promise<SentTransaction> {
    const change = (by: number): void => void load.set(sender, (load.get(sender) ?? 0) + by);
    change(1);
    try {
      return await sender.send(intent);
    } finally {
      change(-1);
    }
  }

  async function send(intent: Intent): Promise<SentTransaction> {
    const known = await recordedAt(intent.id);
    if (known !== undefined) return await through(known, intent);
    const byLoad = senders.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    for (const [index, sender] of byLoad.entries()) {
      try {
        return await through(sender, intent);
      } catch (error) {
        const passesOn = error instanceof FactoryChainError && OBSTACLES.has(error.code) && index + 1 < byLoad.length;
        if (!passesOn || (await recordedAt(intent.id)) !== undefined) throw error;
      }
    }
    throw new Error("There is no sender.");
  }

  return {
    async send(intent) {
      // One at a time for an id: two that looked for its account together could choose two.
      const before = sending.get(intent.id);
      const result = (before ?? Promise.resolve()).then(
        () => send(intent),
        () => send(intent),
      );
      sending.set(intent.id, result);
      try {
        return await result;
      } finally {
        if (sending.get(intent.id) === result) sending.delete(intent.id);
      }
    },
    async resume() {
      for (const sender of senders) await sender.resume();
    },
    async rollback(to: BlockRef | null) {
      for (const sender of senders) await sender.rollback(to);
    },
    async stop() {
      await Promise.all(senders.map((sender) => sender.stop()));
    },
  };
}
