import type { JsonRpcApiProvider, Signer } from "ethers";
import type { BlockRef, Intent, SentTransaction, TransactionStore } from "./transactions.ts";

export type { BlockRef, Intent, SentTransaction, TransactionStore } from "./transactions.ts";

export interface Sender {
  /** 0x-hex address of the signer, lowercase. */
  address: string;
  /** Puts an intent on the chain once, however often it is asked to, and waits until a block holds it. */
  send(intent: Intent): Promise<SentTransaction>;
  /** After a start: goes on with everything that is not on the chain yet. Does not wait for it. */
  resume(): Promise<void>;
  /** The chain went back to this block, or to before all: what was above is sent again, the same bytes. */
  rollback(to: BlockRef | null): Promise<void>;
  /** Stops re-sending and rejects who waits; nothing is lost, `resume` goes on after the next start. */
  stop(): Promise<void>;
}

export declare function createSender(p: {
  provider: Pick<JsonRpcApiProvider, "send">;
  signer: Signer;
  chainId: number;
  store: TransactionStore;
  crashpoint?: (name: string) => void;
}): Sender;
