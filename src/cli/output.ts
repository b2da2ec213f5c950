import { describeError } from "../lib/errors.ts";

/** Where a command writes: its result to standard output, what happens meanwhile to standard error. */
export interface Output {
  /** Whether the result is one JSON document. */
  json: boolean;
  /** What happens, for a person: standard output, or standard error with `json`. */
  say(text: string): void;
  /** The result: as JSON, or as the text that a person reads. */
  result(value: unknown, text: string): void;
  /** The result in a form of its own, as it is. */
  raw(text: string): void;
  /** What went wrong; always on standard error. */
  fail(error: unknown): void;
}

/** @param streams passed in, so that tests can read what was written */
export function createOutput(p: {
  json: boolean;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}): Output {
  const progress = p.json ? p.stderr : p.stdout;
  return {
    json: p.json,
    say: (text) => void progress.write(`${text}\n`),
    result: (value, text) => void p.stdout.write(p.json ? `${JSON.stringify(value, toText, 2)}\n` : `${text}\n`),
    raw: (text) => void p.stdout.write(text),
    fail: (error) => void p.stderr.write(`${describeError(error)}\n`),
  };
}

/** Amounts and quantities are decimal strings in JSON. */
function toText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
