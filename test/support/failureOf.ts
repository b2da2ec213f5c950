import type { FactoryChainError } from "../../src/lib/errors.ts";

/** The error that a promise rejects with; null when it resolves. */
export function failureOf(promise: Promise<unknown>): Promise<FactoryChainError | null> {
  return promise.then(
    () => null,
    (error: unknown) => error as FactoryChainError,
  );
}
