import { isError } from "ethers";
import type { Interface } from "ethers";
import { ChainError } from "./errors.ts";

/**
 * Calldata of a contract's function.
 *
 * @throws ChainError `value-invalid`
 */
export function encodeCall(p: { abi: Interface; name: string; args: readonly unknown[] }): string {
  return encodeFor({ what: p.name, encode: () => p.abi.encodeFunctionData(p.name, p.args) });
}

/**
 * Encodes values, and says of one that does not fit its type which it is.
 *
 * @param p.what function or struct that has the values
 * @throws ChainError `value-invalid`
 */
export function encodeFor<T>(p: { what: string; encode: () => T }): T {
  try {
    return p.encode();
  } catch (error) {
    if (!isError(error, "INVALID_ARGUMENT")) throw error;
    const { argument, value, shortMessage } = error;
    // Of a value within others ethers repeats in brackets what it says beside.
    const reason = shortMessage.replace(/ \(argument=.*$/s, "");
    const named = argument === "" || argument === "value" ? "a value" : argument;
    throw new ChainError("value-invalid", `${p.what} cannot take ${String(value)} as ${named}: ${reason}.`, {
      expected: "values of the types and sizes that the contract has: amounts of 0 to 2^56 - 1 minor units in an order",
      advice: "Correct the value. This was neither signed nor sent.",
      figures: { argument, value: String(value) },
      cause: error,
    });
  }
}
