import { AbiCoder, Interface } from "ethers";
import type { ErrorDescription, Result } from "ethers";
import { ChainError } from "./errors.ts";
import { OWN_REVERTS } from "./revertTable.ts";
import { ACTION_REVERTS } from "./revertTableActions.ts";
import { ORDER_REVERTS } from "./revertTableOrders.ts";
import { STANDARD_REVERTS } from "./revertTableStandard.ts";

/** Every error that this version can explain, by its signature. */
export const REVERTS = { ...OWN_REVERTS, ...ORDER_REVERTS, ...ACTION_REVERTS, ...STANDARD_REVERTS };

const known = new Interface(Object.keys(REVERTS).map((signature) => `error ${signature}`));
const texts = new Map(
  Object.entries(REVERTS).map(([signature, text]) => [signature.slice(0, signature.indexOf("(")), text]),
);

const ERROR_SELECTOR = "0x08c379a0"; // Error(string)
const PANIC_SELECTOR = "0x4e487b71"; // Panic(uint256)

/** https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require */
const PANICS: Readonly<Record<string, string>> = {
  "1": "an assertion failed",
  "17": "a calculation left the range of its type",
  "18": "a division by zero",
  "33": "a number that is no member of an enum",
  "34": "a broken byte array in storage",
  "49": "an element was taken from an empty array",
  "50": "an index beyond the end of an array",
  "65": "too much memory was asked for",
  "81": "a call of an uninitialised function",
};

/** How a figure is written where the bare value says little. */
export const FORMATS: Readonly<Record<string, (value: string) => string>> = {
  time: (value) => timeOf(BigInt(value)),
  orderStatus: (value) => ["unknown, or its terms are other ones", "open", "ended", "closed"][Number(value)] ?? value,
  lotStatus: (value) => ["unknown, or decided", "pending", "rejected", "disputed"][Number(value)] ?? value,
  organisationStatus: (value) => ["unknown", "active", "suspended"][Number(value)] ?? value,
  curve: (value) => ["none", "P-256", "secp256k1"][Number(value)] ?? value,
};

/**
 * What a contract said when it refused, as an error that a person can act on: `code` is the error's name in
 * kebab-case (`OrderNotOpen` -> `order-not-open`), `figures` its arguments by name.
 *
 * @param data the bytes of the revert, 0x-hex
 */
export function revertToError(data: string): ChainError {
  if (data === "0x") {
    return new ChainError("reverted", "The contract refused the call and gave no reason.", {
      expected: "a contract of this version at the address",
      advice: "Check the address and the chain, and whether the call has enough gas.",
    });
  }
  const selector = data.slice(0, 10).toLowerCase();
  try {
    if (selector === ERROR_SELECTOR) return reasonError(decodeOne("string", data));
    if (selector === PANIC_SELECTOR) return panicError(decodeOne("uint256", data));
    const error = known.parseError(data);
    if (error !== null) return customError(error);
  } catch {
    // Bytes that begin like a known error and do not decode are as unknown as any others.
  }
  return new ChainError("reverted-unknown", `The contract refused the call with an error that is not known: ${data}.`, {
    expected: "a contract of this version at the address",
    advice: "The contract may be newer than this program, or another one: check the address and update.",
    figures: { data },
  });
}

function decodeOne(type: string, data: string): string {
  return String(AbiCoder.defaultAbiCoder().decode([type], `0x${data.slice(10)}`)[0]);
}

function reasonError(reason: string): ChainError {
  return new ChainError("reverted", `The contract refused the call: ${reason}.`, {
    advice: "Check the address and the arguments of the call.",
    figures: { reason },
  });
}

function panicError(code: string): ChainError {
  const what = PANICS[code] ?? "an unknown cause";
  return new ChainError("contract-panic", `The contract stopped: ${what} (panic ${code}).`, {
    expected: "figures within the range that the contract keeps",
    advice: "Check amounts and quantities; if they are right, please report it with the transaction.",
    figures: { panic: code },
  });
}

function customError({ name, fragment, args }: ErrorDescription): ChainError {
  const figures = Object.fromEntries(fragment.inputs.map(({ name }, index) => [name, figureOf(args, index)]));
  const text = texts.get(name);
  if (text === undefined) throw new Error(`No text for ${name}.`);
  return new ChainError(codeOf(name), fill(text.message, figures), {
    advice: fill(text.advice, figures),
    ...(text.expected === undefined ? {} : { expected: fill(text.expected, figures) }),
    figures,
  });
}

/** `OrderNotOpen` -> `order-not-open`, `ERC20InvalidSender` -> `erc20-invalid-sender`. */
function codeOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

function figureOf(args: Result, index: number): string {
  const value = String(args[index]);
  return value.startsWith("0x") ? value.toLowerCase() : value;
}

function fill(template: string, figures: Record<string, string>): string {
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format: string | undefined) => {
    const value = figures[name];
    if (value === undefined) return whole;
    return format === undefined ? value : (FORMATS[format]?.(value) ?? value);
  });
}

function timeOf(seconds: bigint): string {
  // Beyond what a date can show it is no date: the figure itself says more.
  return seconds > 253_402_300_799n ? `${seconds}` : new Date(Number(seconds) * 1000).toISOString().slice(0, 19) + "Z";
}
