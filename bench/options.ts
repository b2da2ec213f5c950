import { FactoryChainError } from "../src/lib/errors.ts";
import { CHAINS } from "./chains.ts";
import type { ChainName } from "./chains.ts";

/**
 * A number that a person gave.
 *
 * @returns the fallback when nothing was said
 * @throws FactoryChainError `options` when it is no number above 0
 */
export function numberOf<T extends number | null>(name: string, text: string | undefined, fallback: T): number | T {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw wrong(`--${name} ${text} is no number above 0.`, `--${name} with a number above 0`);
}

/**
 * A chain that a person named.
 *
 * @throws FactoryChainError `options` when there is none of that name
 */
export function chainOf(text: string): ChainName {
  const chain = CHAINS.find((name) => name === text);
  if (chain !== undefined) return chain;
  throw wrong(`There is no chain ${text}.`, `--chain with one of ${CHAINS.join(", ")}`);
}

function wrong(message: string, expected: string): FactoryChainError {
  return new FactoryChainError("options", message, { advice: "See --help.", expected });
}
