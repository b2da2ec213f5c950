import { keccak256 } from "ethers";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { fromHex } from "../lib/hex.ts";
import type { Clock } from "../lib/retry.ts";
import { broadcast } from "./broadcast.ts";
import { ChainError, RpcError } from "./errors.ts";
import { signerOf } from "./legacyTransaction.ts";
import type { LegacyTransaction } from "./legacyTransaction.ts";
import { findNonceOwner } from "./nonceOwner.ts";
import { oneNode } from "./provider.ts";
import type { RpcProvider } from "./provider.ts";
import type { TransactionSigner } from "./sender.ts";
import type { BlockRef, TransactionRecord, TransactionStore } from "./transactions.ts";
import { readBlockByHash, readHead, readNonce, readReceipt, refOf } from "./wire.ts";
import type { Receipt } from "./wire.ts";

/** So many turns a contradiction of the node may last before it counts: its answers may lag behind one another. */
const PATIENCE = 3;

/** What a turn has to tell. */
export interface TurnEvents {
  included(p: { record: TransactionRecord; receipt: Receipt; block: BlockRef }): Promise<void>;
  /** Another transaction has the nonce: the intent can never be included. */
  replaced(p: { record: TransactionRecord; by: string | null }): void;
  /** The node takes the oldest transaction again. */
  flowing(): void;
  /** Nothing goes on without somebody's help; all is kept and tried again. */
  stuck(error: ChainError): void;
}

export interface Turn {
  /** Takes everything that is open one step on, in nonce order. Resolves to how many stay open. */
  run(): Promise<number>;
  /** Whatever was sent is sent again in the next turn. */
  forget(): void;
}

/**
 * One pass over the open transactions of a sender: sign what is not signed, send what is due, see what was included.
 *
 * @param provider each turn stays with one node
 * @param depth blocks on top of a block that make it final: before, a transaction in it is still watched
 * @param resend milliseconds after which the same bytes are sent again: nodes lose transactions
 */
export function createTurn(p: {
  provider: RpcProvider;
  signer: TransactionSigner;
  chainId: number;
  store: TransactionStore;
  clock: Clock;
  depth: number;
  resend: number;
  crashpoint: Crashpoint;
  events: TurnEvents;
}): Turn {
  const { store, events, crashpoint, depth } = p;
  const address = p.signer.address.toLowerCase();
  const sentAt = new Map<number, number>();
  const unseen = new Map<number, number>();
  let gaps = 0;
  let provider = p.provider;
  /** Blocks above are not final in this turn. */
  let final = Infinity;

  async function sign(record: TransactionRecord): Promise<TransactionRecord> {
    const { to, data, gas, nonce } = record;
    const fields = { chainId: p.chainId, nonce, gasPrice: 0n, gasLimit: gas, to, data, value: 0n };
    const transaction: LegacyTransaction = { type: 0, ...fields };
    const raw = await p.signer.signTransaction(transaction);
    if (signerOf(raw, transaction) !== address) {
      throw new ChainError("signer-mismatch", `The signer of ${address} signed something else than it was asked to.`, {
        expected: "a signature of this account over exactly this transaction",
        advice: "Check the signer's account and chain id.",
      });
    }
    const hash = keccak256(fromHex(raw));
    await store.prepare({ sender: address, nonce, raw, hash });
    crashpoint("prepared");
    return { ...record, state: "prepared", raw, hash };
  }

  /** @returns whether what comes after it may go as well */
  async function submit(record: TransactionRecord): Promise<boolean> {
    const { raw, nonce } = record.state === "intent" ? await sign(record) : record;
    if (raw === null) throw new Error(`Nonce ${nonce} is prepared without its bytes.`);
    const since = p.clock.now() - (sentAt.get(nonce) ?? -Infinity);
    // When the clock was set back, nobody knows: nodes take the same bytes again.
    if (since >= 0 && since < p.resend) return true;
    const sent = await broadcast({ provider, raw });
    crashpoint("broadcast");
    if (sent.outcome === "refused") {
      events.stuck(sent.error);
      return false;
    }
    if (sent.outcome === "accepted") {
      sentAt.set(nonce, p.clock.now());
      events.flowing();
    }
    return sent.outcome !== "later";
  }

  /** The chain has used the record's nonce: by this transaction or by another. @returns whether that is settled */
  async function reconcile(record: TransactionRecord): Promise<boolean> {
    const receipt = record.hash === null ? null : await findReceipt(record.hash);
    if (receipt !== null) return await include({ record, receipt });
    const turns = (unseen.get(record.nonce) ?? 0) + 1;
    unseen.set(record.nonce, turns);
    // Without proof of who used the nonce nothing is concluded.
    if (turns % PATIENCE !== 0) return false;
    const owner = await findNonceOwner({ provider, address, nonce: record.nonce });
    if (owner === null) {
      events.stuck(lostFromSight(record));
      return false;
    }
    if (owner.hash === record.hash || owner.block.number > final) return false;
    await store.conclude({ sender: address, nonce: record.nonce, state: "replaced", block: owner.block });
    unseen.delete(record.nonce);
    events.replaced({ record, by: owner.hash });
    return true;
  }

  /** A node that has just started answers an error where it will have a receipt. */
  async function findReceipt(hash: string): Promise<Receipt | null> {
    return await readReceipt(provider, hash).catch((error: unknown) => {
      if (error instanceof RpcError) return null;
      throw error;
    });
  }

  async function include(q: { record: TransactionRecord; receipt: Receipt }): Promise<boolean> {
    const block = await readBlockByHash(provider, q.receipt.blockHash);
    if (block === null) return false;
    crashpoint("included");
    const { nonce } = q.record;
    if (block.number > final) {
      unseen.delete(nonce);
      events.flowing();
      return false;
    }
    await store.conclude({ sender: address, nonce, state: "included", block: refOf(block) });
    crashpoint("final");
    unseen.delete(nonce);
    sentAt.delete(nonce);
    events.flowing();
    await events.included({ ...q, block: refOf(block) });
    return true;
  }

  /** What the chain says comes next, and what we have for it. A chain that went back gets the same bytes again. */
  async function readOpen(): Promise<{ count: number; open: TransactionRecord[] }> {
    let open = await store.open(address);
    const count = open.length === 0 ? 0 : await readNonce(provider, address);
    if (open[0] !== undefined && open[0].nonce > count) {
      await store.reopen({ sender: address, from: count });
      open = await store.open(address);
    }
    const first = open[0];
    gaps = first !== undefined && first.nonce > count ? gaps + 1 : 0;
    if (gaps >= PATIENCE && first !== undefined) events.stuck(gap({ count, first: first.nonce, address }));
    return { count, open };
  }

  return {
    async run() {
      provider = await oneNode(p.provider);
      const { count, open } = await readOpen();
      final = depth === 0 || open.length === 0 ? Infinity : (await readHead(provider)).number - depth;
      let left = open.length;
      for (const record of open) {
        if (record.nonce < count) left -= (await reconcile(record)) ? 1 : 0;
        else if (gaps > 0 || !(await submit(record))) break;
      }
      return left;
    },
    forget() {
      sentAt.clear();
      unseen.clear();
    },
  };

  function lostFromSight({ nonce, hash }: TransactionRecord): ChainError {
    return new ChainError("nonce-used", `Nonce ${nonce} of ${address} is used, and the node does not say by what.`, {
      expected: `a receipt of ${hash ?? "no transaction: nothing was signed for it here"}`,
      advice: "Connect to a node that keeps receipts and recent states. Nothing is sent for this nonce until then.",
      figures: { nonce: String(nonce), sender: address },
    });
  }
}

/** The chain's count stays below the oldest of ours: what came before it was not ours, and the chain lost it. */
function gap(p: { count: number; first: number; address: string }): ChainError {
  return new ChainError(
    "nonce-gap",
    `The chain waits for nonce ${p.count} of ${p.address}; ours begin at ${p.first}.`,
    {
      expected: "one program per key",
      advice: "The key was used elsewhere and the chain lost that: send those transactions again from there.",
      figures: { count: String(p.count), first: String(p.first), sender: p.address },
    },
  );
}
