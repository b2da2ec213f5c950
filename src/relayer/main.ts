// Signals are heard before anything else is loaded: whoever stops a relayer in its first second is not overheard.
import { endWith, stopInOrder } from "./shutdown.ts";

const stopped = stopInOrder();

/** One relayer, until SIGTERM, SIGINT or the end of the process that started it. */
async function main(): Promise<void> {
  const { runRelayer } = await import("./run.ts");
  if (stopped.aborted) process.stderr.write("The relayer was stopped before it began.\n");
  else await runRelayer(stopped);
  // Its store is closed. What still goes on waits for a node that does not answer, and nobody waits for that.
  process.exit();
}

main().catch((error: unknown) => endWith(error));
