import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StackMessage } from "../../config/stack.ts";
import { aborted, catchSignals } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { startStack } from "../stackProcess.ts";
import { formatStep } from "./timeline.ts";
import type { Step } from "./timeline.ts";

/** What a scenario plays on. */
export interface Stage {
  stack: ReturnType<typeof startStack>;
  teller: ReturnType<typeof createTeller>;
  signal: AbortSignal;
}

/**
 * Plays a scenario on a stack that exists only for it; however it ends, nothing of it is left.
 *
 * @param args of `src/node/main.ts`, besides folder and ports
 */
export async function play<T>(p: {
  args: readonly string[];
  output: Output;
  story: (stage: Stage) => Promise<T>;
}): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), "factorychain-demo-"));
  const signals = catchSignals();
  const teller = createTeller({ output: p.output });
  const stack = startStack({ args: ["--data", data, "--free-ports", ...p.args], heard: teller.heard });
  try {
    const story = p.story({ stack, teller, signal: signals.signal });
    return await Promise.race([story, stack.failure, aborted(signals.signal)]);
  } finally {
    await stack.stop();
    rmSync(data, { recursive: true, force: true });
    signals.release();
  }
}

/** Says what happens, and keeps how long it took. */
function createTeller({ output }: { output: Output }) {
  const phases: { name: string; seconds: number }[] = [];
  const step = (one: Step): void => output.say(formatStep({ step: one, now: new Date() }));
  return {
    phases,
    step,
    async phase<T>(name: string, work: Promise<T>): Promise<T> {
      const started = Date.now();
      const result = await work;
      phases.push({ name, seconds: (Date.now() - started) / 1000 });
      return result;
    },
    heard(message: StackMessage): void {
      if (message.type === "phase") {
        phases.push({ name: message.name, seconds: message.seconds });
        step({ what: `${STARTED[message.name] ?? message.name} (${message.seconds.toFixed(1)} s)` });
      }
      if (message.type === "killed") {
        step({
          what: `KILLED: relayer ${message.relayer.slice(0, 10)}.. after it signed a payment and before it sent it; the other two with it`,
        });
      }
      if (message.type === "restarted") {
        step({
          what: `all three relayers are up again (${message.seconds.toFixed(1)} s); what was signed is sent, once`,
        });
      }
      if (message.type === "note") step({ what: message.text });
    },
  };
}

const STARTED: Record<string, string> = {
  chain: "chain is up",
  broker: "MQTT broker is up",
  contracts: "contracts are deployed",
  relayers: "three relayers of three organisations are up; two of them must agree",
};
