import { relative } from "node:path";
import type { Endpoints, StackMessage } from "../../config/stack.ts";
import { aborted, catchSignals, InterruptedError } from "../interrupt.ts";
import { dataFolder, findStack } from "../session.ts";
import type { Output } from "../output.ts";
import { startStack } from "../stackProcess.ts";
import { port } from "../options.ts";
import { formatTable } from "../table.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { minorUnitOf } from "../../formats/currency.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface StartOptions extends CommonOptions {
  currency: string[];
  basePort?: number;
}

/** `factorychain node` */
export function addNode({ program, output }: CommandContext): void {
  const node = program.command("node").description("the embedded stack: chain, broker and three relayers");

  node
    .command("start")
    .description("start it and stay until Ctrl-C; what happened is kept for the next start")
    .option("--data <folder>", "where it is kept (default: .factorychain)")
    .option("--currency <code...>", "ISO 4217 codes to deploy besides those that are there", ["KRW"])
    .option("--base-port <port>", "first of five ports, in place of 18545, 11883, 18701, 18702, 18703", port)
    .option("--json", "print the endpoints as JSON when it is up")
    .action(async (options: StartOptions) => {
      await start({ options, output: output(options) });
    });

  node
    .command("status")
    .description("whether it runs, and where its parts are")
    .option("--data <folder>", "its data folder (default: .factorychain)")
    .option("--json", "print one JSON document")
    .action((options: CommonOptions) => {
      const data = dataFolder(options);
      const stack = findStack(data);
      if (stack === null) {
        throw new FactoryChainError("stack-not-running", `No stack runs with the data folder ${data}.`, {
          advice: "Start one with: npm start",
        });
      }
      output(options).result(stack, placesOf(stack));
    });
}

async function start({ options, output }: { options: StartOptions; output: Output }): Promise<void> {
  const data = dataFolder(options);
  for (const code of options.currency) minorUnitOf(code);
  const running = findStack(data);
  if (running !== null && (await answers(running))) {
    throw new FactoryChainError("stack-running", `A stack runs with the data folder ${data} already.`, {
      expected: "one stack a data folder",
      advice: `Stop it (process ${running.pid}), or take another folder with --data.`,
    });
  }
  const signals = catchSignals();
  const base = options.basePort === undefined ? [] : ["--base-port", String(options.basePort)];
  const currencies = options.currency.flatMap((code) => ["--currency", code]);
  const stack = startStack({
    args: ["--data", data, ...base, ...currencies],
    heard: (message) => hear({ message, output }),
  });
  const interrupted = aborted(signals.signal);
  try {
    const { endpoints } = await Promise.race([stack.once("ready"), interrupted]);
    output.result(endpoints, `${placesOf(endpoints)}\n\n${nextOf(data)}`);
    await Promise.race([stack.failure, interrupted]);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    output.say("stopping");
  } finally {
    await stack.stop();
    signals.release();
  }
  output.say("stopped; npm start goes on where it was");
}

/** A stack that was killed leaves its file behind, and its process number may be another program's by now. */
async function answers({ relayers }: Endpoints): Promise<boolean> {
  const url = relayers[0]?.url ?? "";
  return await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}

function hear({ message, output }: { message: StackMessage; output: Output }): void {
  if (message.type === "phase") output.say(`${message.name} up (${message.seconds.toFixed(1)} s)`);
  if (message.type === "note") output.say(message.text);
}

function placesOf(endpoints: Endpoints): string {
  const rows = [
    ["chain (JSON-RPC)", endpoints.rpc],
    ["broker (MQTT 3.1.1)", endpoints.mqtt],
    ...endpoints.relayers.map(({ address, url }) => [`relayer ${address.slice(0, 10)}`, url]),
    ["deployment", endpoints.deployment],
    ["currencies", Object.keys(endpoints.groups).join(", ")],
  ];
  return formatTable({ head: ["part", "where"], rows });
}

function nextOf(data: string): string {
  const folder = relative(process.cwd(), data) === ".factorychain" ? "" : ` --data ${data}`;
  return `Ctrl-C stops it. In another terminal:
  npm run factorychain -- order create examples/order.xml --register${folder}
  npm run factorychain -- device enrol --owner 8801234500012 --simulated${folder}
  npm run factorychain -- deliver BO-2026-0117${folder}`;
}
