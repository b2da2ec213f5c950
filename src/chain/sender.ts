import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { FactoryChainError, RetryableError } from "../lib/errors.ts";
import { backoff, systemClock } from "../lib/retry.ts";
import type { Clock } from "../lib/retry.ts";
import { ChainError, RpcError } from "./errors.ts";
import type { LegacyTransaction } from "./legacyTransaction.ts";
import { callOf, preflight } from "./preflight.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef, Intent, SentTransaction, TransactionRecord, TransactionStore } from "./transactions.ts";
import { createTurn } from "./turn.ts";
import { createWaiters } from "./waiters.ts";
import { quantity, readBlockByHash, readNonce, readReceipt, refOf } from "./wire.ts";
import type { Receipt } from "./wire.ts";

export type { BlockRef, Intent, SentTransaction, TransactionStore } from "./transactions.ts";

/** Who signs; every ethers wallet is one. */
export interface TransactionSigner {
  readonly address: string;
  signTransaction(transaction: LegacyTransaction): Promise<string>;
}

export interface Sender {
  /** 0x-hex address of the signer, lowercase. */
  readonly address: string;
  /**
   * Puts an intent on the chain once, however often it is asked to, and waits until a final block holds it. An outage
   * pauses it and never cancels it. What is sent together may get its nonces in any order.
   *
   * @throws ChainError before a nonce is taken: what the contract says (see reverts.ts), `transaction-gas`,
   * `intent-invalid`, `intent-differs`; after: the revert of the included transaction, `nonce-replaced`; while it is
   * kept and tried again: `transaction-refused`, `nonce-gap`, `nonce-used`
   * @throws RetryableError before a nonce is taken: the node is away; after: `transaction-pending`, `sender-stopped`
   */
  send(intent: Intent): Promise<SentTransaction>;
  /** After a start: goes on with everything that is not on the chain. Does not wait for it. */
  resume(): Promise<void>;
  /** The chain went back to this block, or to before all: what was above is sent again, the same bytes. */
  rollback(to: BlockRef | null): Promise<void>;
  /** Stops and rejects who waits; nothing is lost, `resume` goes on. */
  stop(): Promise<void>;
}

/** Longest pause between two turns while the node is away, in milliseconds. */
const LONGEST_PAUSE = 5_000;

/**
 * A sender for one key. Its discipline: intent and nonce are durable before anything is signed, the signed bytes
 * before anything is sent, and after that only these bytes are sent for that nonce, until the chain shows them or
 * proves that another transaction took it.
 *
 * @param chainId of the deployment: a node is not asked what to sign for
 * @param depth blocks on top of a block that make it final: 0 where blocks are never taken back (QBFT)
 * @param pause between two looks at the chain, in milliseconds
 * @param resend after which the same bytes are sent again, in milliseconds
 * @param patience after which `send` rejects with `transaction-pending`, in milliseconds; default: never
 * @param crashpoint called at `intent`, `prepared`, `broadcast`, `included` and `final`, each after what it names
 */
export function createSender(p: {
  provider: RpcProvider;
  signer: TransactionSigner;
  chainId: number;
  store: TransactionStore;
  crashpoint?: Crashpoint;
  clock?: Clock;
  depth?: number;
  pause?: number;
  resend?: number;
  patience?: number;
}): Sender {
  const { provider, store, clock = systemClock, pause = 500, resend = 5_000, crashpoint = noCrashpoint } = p;
  const address = p.signer.address.toLowerCase();
  const waiters = createWaiters<SentTransaction>({ clock, patience: p.patience ?? Infinity });
  const sending = new Map<string, { intent: Intent; result: Promise<SentTransaction> }>();
  const turn = createTurn({
    provider,
    signer: p.signer,
    chainId: p.chainId,
    store,
    clock,
    depth: p.depth ?? 0,
    resend,
    crashpoint,
    events: {
      async included({ record, receipt, block }) {
        if (!waiters.has(record.id)) return;
        const result = await outcomeOf({ record, receipt, block });
        if (result instanceof ChainError) waiters.reject(record.id, result);
        else waiters.resolve(record.id, result);
      },
      replaced({ record, by }) {
        obstacle = null;
        waiters.reject(record.id, replacedError(record, by));
      },
      flowing: () => (obstacle = null),
      stuck(error) {
        obstacle = error;
        waiters.rejectAll(error);
      },
    },
  });

  let obstacle: ChainError | null = null;
  let allocation: Promise<unknown> = Promise.resolve();
  let running: Promise<void> | null = null;
  let wanted = false;
  let behind = false;
  let stopped = false;
  let awake = new AbortController();

  /** A chain that went back past transactions of ours gets them again, before anything new. */
  async function catchUp(count: number): Promise<void> {
    if (count < (await store.next(address))) await store.reopen({ sender: address, from: count });
  }

  async function loop(): Promise<void> {
    for (let failures = 0; !stopped;) {
      awake = new AbortController();
      wanted = false;
      try {
        if (behind) await catchUp(await readNonce(provider, address));
        behind = false;
        const left = await turn.run();
        failures = 0;
        if (left === 0 && !wanted) return;
      } catch (error) {
        failures++;
        // What passes is waited for, a node that is starting up among it: preflight has seen it work. Anything else is
        // told to who waits, and tried again all the same.
        const passes = error instanceof FactoryChainError && (error.retryable || error instanceof RpcError);
        if (!passes) waiters.rejectAll(error);
      }
      if (!wanted) await clock.sleep(backoff({ failures, first: pause, most: LONGEST_PAUSE }), awake.signal);
    }
  }

  function wake(): void {
    wanted = true;
    awake.abort();
    if (stopped || running !== null) return;
    running = loop().finally(() => {
      running = null;
      if (wanted) wake();
    });
  }

  /** One at a time: two intents that ask the chain together would be given one nonce. */
  async function allocate(intent: Intent): Promise<void> {
    const turnOf = allocation.then(async () => {
      const count = await readNonce(provider, address);
      await catchUp(count);
      await store.reserve({ sender: address, intent, floor: count });
      crashpoint("intent");
    });
    allocation = turnOf.catch(() => {});
    await turnOf;
  }

  async function sendOnce(intent: Intent): Promise<SentTransaction> {
    if (stopped) throw stoppedError();
    const known = await store.find({ sender: address, id: intent.id });
    if (known !== null) {
      requireSame(known, intent);
      if (known.state === "replaced") throw replacedError(known, null);
      if (known.state === "included") {
        const receipt = known.hash === null ? null : await readReceipt(provider, known.hash);
        const block = receipt === null ? null : await readBlockByHash(provider, receipt.blockHash);
        if (receipt !== null && block !== null) return finish(await outcomeOf({ record: known, receipt, block }));
        await store.reopen({ sender: address, from: known.nonce });
      }
    } else {
      if (obstacle !== null) throw obstacle;
      await preflight({ provider, from: address, intent });
    }
    const result = waiters.wait(intent.id);
    try {
      if (known === null) await allocate(intent);
    } catch (error) {
      waiters.reject(intent.id, error);
    }
    wake();
    return await result;
  }

  /** What an included transaction came to: itself, or why it was reverted. */
  async function outcomeOf(q: {
    record: TransactionRecord;
    receipt: Receipt;
    block: BlockRef;
  }): Promise<SentTransaction | ChainError> {
    const { hash, gasUsed, status, logs, blockNumber } = q.receipt;
    if (status === "succeeded") return { hash, block: refOf(q.block), gasUsed, status, logs };
    const figures = { transaction: hash, block: String(blockNumber), gasUsed: String(gasUsed) };
    const reason = await reasonOf({ intent: q.record, block: blockNumber });
    if (reason !== null) {
      return new ChainError(reason.code, `Transaction ${hash} was reverted: ${reason.message}`, {
        ...(reason.expected === undefined ? {} : { expected: reason.expected }),
        ...(reason.advice === undefined ? {} : { advice: reason.advice }),
        figures: { ...reason.figures, ...figures },
      });
    }
    return new ChainError("transaction-reverted", `Transaction ${hash} was reverted and used ${gasUsed} gas.`, {
      expected: `a transaction that ends within ${q.record.gas} gas, in the state that the chain had then`,
      advice: "Look at what changed in between; raise the gas limit if it used all of it.",
      figures,
    });
  }

  /** Why a transaction was reverted, by doing it again before and after its block; nodes do not keep the reason. */
  async function reasonOf(q: { intent: Intent; block: number }): Promise<ChainError | null> {
    for (const block of [Math.max(q.block - 1, 0), q.block]) {
      try {
        await provider.send("eth_call", [callOf({ from: address, intent: q.intent }), quantity(block)]);
      } catch (error) {
        if (error instanceof ChainError) return error;
      }
    }
    return null;
  }

  return {
    address,
    send(intent) {
      const wish = { ...intent, to: intent.to.toLowerCase(), data: intent.data.toLowerCase() };
      const known = sending.get(wish.id);
      if (known === undefined) {
        const result = sendOnce(wish).finally(() => sending.delete(wish.id));
        sending.set(wish.id, { intent: wish, result });
        return result;
      }
      return isSame(known.intent, wish) ? known.result : Promise.reject(differsError(wish));
    },
    async resume() {
      stopped = false;
      behind = true;
      wake();
    },
    async rollback(to) {
      await store.reopen({ sender: address, above: to === null ? -1 : to.number });
      turn.forget();
      wake();
    },
    async stop() {
      stopped = true;
      awake.abort();
      await running;
      waiters.rejectAll(stoppedError());
    },
  };
}

function finish(result: SentTransaction | ChainError): SentTransaction {
  if (result instanceof ChainError) throw result;
  return result;
}

function isSame(a: Intent, b: Intent): boolean {
  return a.to === b.to && a.data === b.data && a.gas === b.gas;
}

function requireSame(known: Intent, intent: Intent): void {
  if (!isSame(known, intent)) throw differsError(intent);
}

function differsError({ id }: Intent): ChainError {
  return new ChainError("intent-differs", `Intent ${id} was given before, with another content.`, {
    expected: "the same contract, data and gas whenever an id is used",
    advice: "Give a new transaction a new id.",
  });
}

function replacedError(record: TransactionRecord, by: string | null): ChainError {
  const { nonce, sender, id } = record;
  return new ChainError(
    "nonce-replaced",
    `Another transaction took nonce ${nonce} of ${sender}: ${by ?? "see block"}.`,
    {
      expected: "one program per key",
      advice: `Intent ${id} can never be included. Keep the key to one program, then give the intent a new id.`,
      figures: { nonce: String(nonce), sender, ...(by === null ? {} : { by }) },
    },
  );
}

function stoppedError(): RetryableError {
  return new RetryableError("sender-stopped", "The sender was stopped; what it began goes on after the next start.");
}
