import { FactoryChainError } from "../lib/errors.ts";
import type { TransactionRecord, TransactionStore } from "./transactions.ts";

/** Keeps a sender's transactions in memory: for commands and browsers, which hold no queue over a restart. */
export function createMemoryTransactions(): TransactionStore {
  const records: TransactionRecord[] = [];

  const ofSender = (sender: string) => records.filter((record) => record.sender === sender);
  const nextOf = (sender: string) => Math.max(-1, ...ofSender(sender).map(({ nonce }) => nonce)) + 1;
  const byNonce = (sender: string, nonce: number) => ofSender(sender).find((record) => record.nonce === nonce);

  return {
    async find({ sender, id }) {
      const record = ofSender(sender).find((candidate) => candidate.id === id);
      return record === undefined ? null : { ...record };
    },

    async reserve({ sender, intent, floor }) {
      const known = ofSender(sender).find(({ id }) => id === intent.id);
      if (known !== undefined) return { ...known };
      const { id, to, data, gas } = intent;
      const nonce = Math.max(nextOf(sender), floor);
      const record = { sender, nonce, id, to, data, gas, state: "intent", raw: null, hash: null, block: null } as const;
      records.push({ ...record });
      return { ...record };
    },

    async prepare({ sender, nonce, raw, hash }) {
      const record = byNonce(sender, nonce);
      if (record?.state !== "intent") {
        throw new FactoryChainError("nonce-signed", `Nonce ${nonce} of ${sender} has its signed bytes already.`, {
          expected: "one signature per nonce",
        });
      }
      Object.assign(record, { state: "prepared", raw, hash });
    },

    async conclude({ sender, nonce, state, block }) {
      const record = byNonce(sender, nonce);
      if (record?.state === "prepared" || (record?.state === "intent" && state === "replaced")) {
        Object.assign(record, { state, block });
      }
    },

    async reopen(query) {
      for (const record of ofSender(query.sender)) {
        if (record.block === null) continue;
        if ("above" in query ? record.block.number <= query.above : record.nonce < query.from) continue;
        Object.assign(record, { state: record.raw === null ? "intent" : "prepared", block: null });
      }
    },

    async open(sender) {
      return ofSender(sender)
        .filter(({ state }) => state === "intent" || state === "prepared")
        .sort((a, b) => a.nonce - b.nonce)
        .map((record) => ({ ...record }));
    },

    async next(sender) {
      return nextOf(sender);
    },
  };
}
