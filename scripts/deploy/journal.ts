import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import type { Sent } from "./broadcast.ts";
import type { Chain } from "./probe.ts";
import type { Rpc } from "./rpc.ts";

/** What Ignition wrote down of one call or creation, as far as we read it. */
interface Message {
  type: string;
  futureId?: string;
  networkInteractionId?: number;
  nonce?: number;
  hash?: string;
  receipt?: { blockNumber: number };
  transaction?: { hash: string };
}

/** A transaction of the deployment that was mined. */
export interface Mined {
  /** Ignition's name of what it did, such as `Identity#DeviceRegistry`. */
  future: string;
  hash: string;
  block: number;
}

/** The folder in which Ignition keeps what a deployment has done, and what we add to it. */
export interface Journal {
  folder: string;
  /** Signed bytes, kept before they are broadcast. */
  keep(sent: Sent): void;
  /** All that was ever kept, oldest first. */
  sent(): Sent[];
  mined(): Mined[];
  /** Address by Ignition's name of the contract. */
  addresses(): Record<string, string>;
}

/**
 * Opens the journal of this chain, and makes it whole after a crash.
 *
 * @throws FactoryChainError `journal-foreign` when it belongs to another chain, or to one that was reset
 */
export async function openJournal(p: { folder: string; chain: Chain; rpc: Rpc }): Promise<Journal> {
  const { folder, chain, rpc } = p;
  const [chainFile, sentFile] = [join(folder, "chain.json"), join(folder, "sent.jsonl")];
  const [journalFile, addressFile] = [join(folder, "journal.jsonl"), join(folder, "deployed_addresses.json")];

  const mine = { chainId: chain.id, genesis: chain.genesis };
  if (existsSync(chainFile)) {
    const known = JSON.parse(readFileSync(chainFile, "utf8")) as typeof mine;
    if (known.chainId !== mine.chainId || known.genesis !== mine.genesis) {
      throw foreign({ folder, why: `is of a chain that began with ${known.genesis}`, expected: mine.genesis });
    }
  } else {
    mkdirSync(folder, { recursive: true });
    writeFileSync(chainFile, `${JSON.stringify(mine, null, 2)}\n`);
  }

  const addresses = (): Record<string, string> =>
    existsSync(addressFile) ? (JSON.parse(readFileSync(addressFile, "utf8")) as Record<string, string>) : {};
  for (const [contract, address] of Object.entries(addresses())) {
    if ((await rpc.request("eth_getCode", [address, "latest"])) !== "0x") continue;
    const why = `says ${contract} is at ${address}, where nothing is`;
    throw foreign({
      folder,
      why,
      expected: "the contracts that it lists: the chain was reset, or lost its newest blocks",
    });
  }

  repair({ journalFile, sentFile });
  return {
    folder,
    keep: (sent) => appendFileSync(sentFile, `${JSON.stringify(sent)}\n`, { flush: true }),
    sent: () => lines<Sent>(sentFile),
    mined: () =>
      lines<Message>(journalFile).flatMap((m) =>
        m.type === "TRANSACTION_CONFIRM" && m.hash !== undefined && m.receipt !== undefined
          ? [{ future: m.futureId ?? "", hash: m.hash, block: m.receipt.blockNumber }]
          : [],
      ),
    addresses,
  };
}

/** What Ignition notes before it plans the transaction of a creation, call or transfer. */
const BEGUN = [
  "DEPLOYMENT_EXECUTION_STATE_INITIALIZE",
  "CALL_EXECUTION_STATE_INITIALIZE",
  "SEND_DATA_EXECUTION_STATE_INITIALIZE",
];

/**
 * Ignition gives up for good when it was killed between beginning something and planning its transaction: the beginning
 * is taken back. It also gives up when it was killed between announcing a transaction and noting its hash. We kept the
 * signed bytes before the broadcast, so we know more: with bytes their hash is noted, and waitUntilQuiet sends them again;
 * without bytes nothing was ever sent and the announcement is taken back. A last line that was cut off goes too.
 */
function repair(p: { journalFile: string; sentFile: string }): void {
  const messages = lines<Message>(p.journalFile);
  const last = messages.at(-1);
  if (last === undefined) return;
  const unsent = last.type === "TRANSACTION_PREPARE_SEND";
  const kept = unsent ? lines<Sent>(p.sentFile).findLast(({ nonce }) => nonce === last.nonce) : undefined;
  const { futureId, networkInteractionId, nonce } = last;
  const zero = { _kind: "bigint", value: "0" };
  const transaction = { fees: { maxFeePerGas: zero, maxPriorityFeePerGas: zero }, hash: kept?.hash };
  const noted = { futureId, networkInteractionId, nonce, transaction, type: "TRANSACTION_SEND" };
  const undone = unsent || BEGUN.includes(last.type);
  const whole = kept !== undefined ? [...messages, noted] : undone ? messages.slice(0, -1) : messages;
  const text = whole.map((message) => `\n${JSON.stringify(message)}`).join("");
  if (text !== readFileSync(p.journalFile, "utf8")) replace(p.journalFile, text);
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.draft`, text, { flush: true });
  renameSync(`${file}.draft`, file);
}

/** The records of a file of JSON lines; a last line that a crash cut off is left out. */
function lines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line.trim() === "" ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}

function foreign(p: { folder: string; why: string; expected: string }): FactoryChainError {
  return new FactoryChainError("journal-foreign", `The journal ${p.folder} ${p.why}.`, {
    expected: p.expected,
    advice:
      "Pass the --rpc of the chain it was written for; for a new chain move the folder away, or take another --out.",
  });
}
