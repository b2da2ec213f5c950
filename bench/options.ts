import { parseArgs } from "node:util";
import { FactoryChainError } from "../src/lib/errors.ts";
import { CHAINS } from "./chains.ts";
import type { ChainName } from "./chains.ts";

const OPTIONS = {
  chain: { type: "string", multiple: true },
  seconds: { type: "string" },
  rate: { type: "string" },
  minutes: { type: "string" },
  orders: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** What a person asked for; null: not said. */
export interface Options {
  chains: ChainName[] | null;
  seconds: number | null;
  rate: number | null;
  minutes: number | null;
  orders: number | null;
  out: string | null;
  json: boolean;
  help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws FactoryChainError `options`
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  return {
    chains: values.chain?.map(chainOf) ?? null,
    seconds: numberOf("seconds", values.seconds),
    rate: numberOf("rate", values.rate),
    minutes: numberOf("minutes", values.minutes),
    orders: numberOf("orders", values.orders),
    out: values.out ?? null,
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : "The options cannot be read.", cause);
  }
}

function numberOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw wrong(`--${name} ${text} is no number above 0.`);
}

function chainOf(text: string): ChainName {
  const chain = CHAINS.find((name) => name === text);
  if (chain !== undefined) return chain;
  throw wrong(`There is no chain ${text}.`);
}

function wrong(message: string, cause?: unknown): FactoryChainError {
  const details = { advice: "See --help.", expected: `options as --help says; chains are ${CHAINS.join(", ")}` };
  return new FactoryChainError("options", message, cause === undefined ? details : { ...details, cause });
}
