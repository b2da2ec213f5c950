import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { StackMessage } from "../config/stack.ts";
import { describeError, exitCodeOf, FactoryChainError } from "../lib/errors.ts";
import { systemClock } from "../lib/retry.ts";
import { FIXED_PORTS, freePorts, portsFrom, requireFree } from "./ports.ts";
import type { Ports } from "./ports.ts";
import { createStack } from "./stack.ts";
import type { StackOptions } from "./stack.ts";

/** Time for what was said last to get out, in milliseconds. */
const LAST_WORDS = 500;

/** The embedded stack, until SIGTERM, SIGINT or the end of the process that started it. */

/** To whoever started us, or, started by hand, to whoever reads. */
function tell(message: StackMessage): void {
  if (process.send !== undefined) {
    if (process.connected) process.send(message);
  } else if (message.type === "phase") {
    process.stderr.write(`${message.name} (${message.seconds.toFixed(1)} s)\n`);
  } else if (message.type === "note") {
    process.stderr.write(`${message.text}\n`);
  } else if (message.type === "failed") {
    const { code, message: text, expected, advice } = message;
    const details = { ...(expected === undefined ? {} : { expected }), ...(advice === undefined ? {} : { advice }) };
    process.stderr.write(`${describeError(new FactoryChainError(code, text, details))}\n`);
  }
}

function tellFailure(error: unknown): void {
  const known = error instanceof FactoryChainError ? error : null;
  tell({
    type: "failed",
    code: known?.code ?? "stack-failed",
    message: known?.message ?? describeError(error),
    ...(known?.expected === undefined ? {} : { expected: known.expected }),
    ...(known?.advice === undefined ? {} : { advice: known.advice }),
    retryable: known?.retryable ?? false,
  });
}

async function readOptions(): Promise<StackOptions> {
  const { values } = parseArgs({
    options: {
      data: { type: "string", default: ".factorychain" },
      rpc: { type: "string" },
      currency: { type: "string", multiple: true, default: [] },
      "base-port": { type: "string" },
      "free-ports": { type: "boolean", default: false },
      "keep-nothing": { type: "boolean", default: false },
      "crash-once": { type: "string" },
    },
  });
  const ports = await portsOf({ free: values["free-ports"], base: values["base-port"] });
  if (!values["free-ports"]) await requireFree({ ports });
  return {
    data: resolve(values.data),
    ports,
    anyPorts: values["free-ports"],
    rpc: values.rpc ?? null,
    currencies: values.currency,
    keep: !values["keep-nothing"],
    crashOnce: values["crash-once"] ?? null,
  };
}

async function portsOf(p: { free: boolean; base: string | undefined }): Promise<Ports> {
  if (p.free) return await freePorts();
  return p.base === undefined ? FIXED_PORTS : portsFrom(Number(p.base));
}

async function main(): Promise<void> {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "disconnect"] as const) process.on(signal, end);

  const failed = (error: unknown): void => {
    tellFailure(error);
    process.exitCode = exitCodeOf(error);
    end();
  };
  // A full disk, say, under the journal: nothing goes on as if it had been written, and everything else stops in order.
  process.on("uncaughtException", failed);
  const stack = createStack({ options: await readOptions(), tell, failed });
  const starting = stack.start().catch((error: unknown) => {
    if (!(error instanceof FactoryChainError && error.code === "stopped")) failed(error);
  });
  await ended;
  await stack.stop();
  // A start that was cut short may wait for ever for a chain that is gone; the rest of it is killed with us.
  await Promise.race([starting, systemClock.sleep(LAST_WORDS)]);
  process.exit();
}

main().catch((error: unknown) => {
  tellFailure(error);
  process.exitCode = exitCodeOf(error);
  if (process.connected) process.disconnect();
});
