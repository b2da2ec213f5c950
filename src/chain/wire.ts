import { RetryableError } from "../lib/errors.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef, ChainLog } from "./transactions.ts";

/** Blocks, receipts and logs as JSON-RPC writes them, read into our types. */

/** A block with what the runtime needs of it. */
export interface Block extends BlockRef {
  parent: string;
  /** Gas that all its transactions may use together. */
  gasLimit: bigint;
}

/** What a block says about a transaction that it holds. */
export interface Receipt {
  hash: string;
  blockNumber: number;
  blockHash: string;
  gasUsed: bigint;
  status: "succeeded" | "reverted";
  logs: ChainLog[];
}

type Fields = Record<string, unknown>;

/** A number as JSON-RPC wants it: `0x` and no leading zeros. */
export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A block by number or `latest`; null when the node does not have it. */
export async function readBlock(provider: RpcProvider, block: number | "latest"): Promise<Block | null> {
  const tag = block === "latest" ? block : quantity(block);
  return blockOf(await provider.send("eth_getBlockByNumber", [tag, false]));
}

/** The newest block that the node has. */
export async function readHead(provider: RpcProvider): Promise<Block> {
  const head = await readBlock(provider, "latest");
  if (head === null) throw unreadable("the newest block");
  return head;
}

/** A block by its hash; null when the node does not have it. */
export async function readBlockByHash(provider: RpcProvider, hash: string): Promise<Block | null> {
  return blockOf(await provider.send("eth_getBlockByHash", [hash, false]));
}

/** How many transactions of an account the chain holds: its next nonce. Never asked at `pending`. */
export async function readNonce(
  provider: RpcProvider,
  address: string,
  block: number | "latest" = "latest",
): Promise<number> {
  const tag = block === "latest" ? block : quantity(block);
  return numberOf(await provider.send("eth_getTransactionCount", [address, tag]));
}

/** The receipt of a transaction; null when no block that the node has holds it. */
export async function readReceipt(provider: RpcProvider, hash: string): Promise<Receipt | null> {
  const receipt = await provider.send("eth_getTransactionReceipt", [hash]);
  if (receipt === null) return null;
  const fields = fieldsOf(receipt);
  if (fields["blockHash"] === null) return null; // pending, as some nodes report it
  return {
    hash: hexOf(fields["transactionHash"]),
    blockNumber: numberOf(fields["blockNumber"]),
    blockHash: hexOf(fields["blockHash"]),
    gasUsed: BigInt(hexOf(fields["gasUsed"])),
    status: hexOf(fields["status"]) === "0x1" ? "succeeded" : "reverted",
    logs: listOf(fields["logs"]).map(logOf),
  };
}

/**
 * The logs of some contracts in a range of blocks, in the chain's order.
 *
 * @param topics what they must be, by position; null: anything
 */
export async function readLogs(
  provider: RpcProvider,
  p: { addresses: string[]; from: number; to: number; topics?: (string | null)[] },
): Promise<ChainLog[]> {
  const topics = p.topics === undefined ? {} : { topics: p.topics };
  const filter = { address: p.addresses, fromBlock: quantity(p.from), toBlock: quantity(p.to), ...topics };
  const logs = listOf(await provider.send("eth_getLogs", [filter])).map(logOf);
  return logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
}

/** A block that holds transactions, as senders see them. */
export async function readTransactions(
  provider: RpcProvider,
  block: number,
): Promise<{ block: Block; transactions: { hash: string; from: string; nonce: number }[] } | null> {
  const value = await provider.send("eth_getBlockByNumber", [quantity(block), true]);
  const parsed = blockOf(value);
  if (parsed === null) return null;
  const transactions = listOf(fieldsOf(value)["transactions"]).map((transaction) => {
    const fields = fieldsOf(transaction);
    return { hash: hexOf(fields["hash"]), from: hexOf(fields["from"]), nonce: numberOf(fields["nonce"]) };
  });
  return { block: parsed, transactions };
}

/** Only what identifies a block. */
export function refOf({ number, hash, time }: BlockRef): BlockRef {
  return { number, hash, time };
}

function blockOf(value: unknown): Block | null {
  if (value === null) return null;
  const fields = fieldsOf(value);
  return {
    number: numberOf(fields["number"]),
    hash: hexOf(fields["hash"]),
    time: numberOf(fields["timestamp"]),
    parent: hexOf(fields["parentHash"]),
    gasLimit: BigInt(hexOf(fields["gasLimit"])),
  };
}

function logOf(value: unknown): ChainLog {
  const fields = fieldsOf(value);
  return {
    address: hexOf(fields["address"]),
    topics: listOf(fields["topics"]).map(hexOf),
    data: hexOf(fields["data"]),
    blockNumber: numberOf(fields["blockNumber"]),
    blockHash: hexOf(fields["blockHash"]),
    transactionHash: hexOf(fields["transactionHash"]),
    index: numberOf(fields["logIndex"]),
  };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw unreadable("an object");
  return value as Fields;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unreadable("a list");
  return value;
}

function hexOf(value: unknown): string {
  if (typeof value !== "string" || !/^0x[0-9a-f]*$/i.test(value)) throw unreadable("a hexadecimal figure");
  return value.toLowerCase();
}

function numberOf(value: unknown): number {
  const number = Number(hexOf(value));
  if (!Number.isSafeInteger(number)) throw unreadable("a number");
  return number;
}

function unreadable(what: string): RetryableError {
  return new RetryableError("rpc-answer", `The node's answer lacks ${what}.`, {
    expected: "answers as the Ethereum JSON-RPC describes them",
    advice: "Wait for the node to start up; if it stays, check which node answers at this URL.",
  });
}
