/** What a caller passes to describe an error to the person who has to act on it. */
export interface ErrorDetails {
  /** What was expected instead. */
  expected?: string;
  /** What to do now. */
  advice?: string;
  cause?: unknown;
}

/**
 * The base of every error that may reach a person. `code` is stable and documented; the message says what was wrong
 * in one sentence. Two kinds: what can be tried again as it is (`retryable`), and what somebody has to change first.
 */
export class FactoryChainError extends Error {
  readonly code: string;
  readonly expected: string | undefined;
  readonly advice: string | undefined;
  readonly retryable: boolean = false;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(withoutCredentials(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.expected = details.expected;
    this.advice = details.advice;
  }
}

/** Nothing was wrong with the request: the same call may succeed later. */
export class RetryableError extends FactoryChainError {
  override readonly retryable = true;
}

/** Exit codes of the commands: 1 = change something first, 75 = try again (EX_TEMPFAIL of sysexits.h). */
export function exitCodeOf(error: unknown): number {
  return error instanceof FactoryChainError && error.retryable ? 75 : 1;
}

/** The text a person reads: what was wrong, what was expected, what to do. Never a stack trace. */
export function describeError(error: unknown): string {
  if (!(error instanceof FactoryChainError)) {
    return withoutCredentials(error instanceof Error ? error.message : String(error));
  }
  const lines = [error.message];
  if (error.expected !== undefined) lines.push(`Expected: ${error.expected}`);
  if (error.advice !== undefined) lines.push(`What to do: ${error.advice}`);
  return withoutCredentials(lines.join("\n"));
}

/** Removes user names and passwords from every URL in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1");
}
