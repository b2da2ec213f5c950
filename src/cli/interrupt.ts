import { FactoryChainError } from "../lib/errors.ts";
import { systemClock } from "../lib/retry.ts";

/** The person at the terminal, or whoever runs us, wants an end. */
export class InterruptedError extends FactoryChainError {
  /** As shells number it: 130 for Ctrl-C. */
  readonly exitCode: number;

  constructor(p: { signal: string; exitCode: number }) {
    super("interrupted", `Stopped by ${p.signal}.`);
    this.exitCode = p.exitCode;
  }
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Turns signals into an aborted signal, once, so that a command can stop what it started. While this is in force no
 * signal ends the process by itself.
 */
export function catchSignals(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const listeners = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const listener = () => controller.abort(new InterruptedError({ signal, exitCode }));
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    signal: controller.signal,
    release: () => listeners.forEach(({ signal, listener }) => process.off(signal, listener)),
  };
}

/**
 * Waits so many milliseconds.
 *
 * @throws the signal's reason when it is aborted meanwhile
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await systemClock.sleep(milliseconds, signal);
  signal.throwIfAborted();
}

/** Rejects with the reason when the signal is aborted; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  promise.catch(() => {});
  return promise;
}
