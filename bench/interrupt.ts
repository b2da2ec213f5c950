import { FactoryChainError } from "../src/lib/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A promise that rejects when a person, or whoever started us, asks to stop: everything is stopped in order then. */
export function interrupted() {
  let stop: () => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    stop = () => reject(new FactoryChainError("interrupted", "Stopped before the end; nothing was written."));
  });
  promise.catch(() => {}); // whoever waits hears of it by racing with it
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    promise,
    forget(): void {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
