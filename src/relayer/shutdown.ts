import { constants } from "node:os";
import { describeError, exitCodeOf } from "../lib/errors.ts";

/** Longest orderly stop, in milliseconds. What was not finished is durable, and goes on after the next start. */
const PATIENCE = 20_000;
/** As sysexits.h has it: try again. */
const UNFINISHED = 75;

/**
 * The end of a relayer's process. The first SIGTERM or SIGINT, or the end of the process that started it, aborts the
 * signal, and the relayer stops in order; a second one ends it at once, as does an orderly stop that takes too long.
 * What nobody caught ends it with one message.
 *
 * @param exit ends the process; for tests
 */
export function stopInOrder({
  exit = (code) => process.exit(code),
  patience = PATIENCE,
}: { exit?: (code: number) => void; patience?: number } = {}): AbortSignal {
  const stopped = new AbortController();

  function stop(): void {
    if (stopped.signal.aborted) return;
    stopped.abort();
    setTimeout(() => {
      process.stderr.write("The relayer did not stop in time; what it began goes on after the next start.\n");
      exit(UNFINISHED);
    }, patience).unref();
  }

  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stopped.signal.aborted) exit(128 + constants.signals[name]);
      else stop();
    });
  }
  process.once("disconnect", stop);
  process.on("uncaughtException", (error) => endWith(error, exit));
  return stopped.signal;
}

/** Says what went wrong, for a person, and ends: 1 = change something first, 75 = try again. */
export function endWith(error: unknown, exit: (code: number) => void = (code) => process.exit(code)): void {
  process.stderr.write(`${describeError(error)}\n`);
  exit(exitCodeOf(error));
}
