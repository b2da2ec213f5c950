// npm run bench: how many delivery events a second three relayers settle, and how long it takes until one is paid.
import { fileURLToPath } from "node:url";
import { optionsOf } from "../scripts/options.ts";
import { describeError, exitCodeOf } from "../src/lib/errors.ts";
import { chainsHere } from "./chains.ts";
import type { ChainName } from "./chains.ts";
import { interrupted } from "./interrupt.ts";
import { measure } from "./measure.ts";
import type { Load } from "./measure.ts";
import { startNetwork } from "./network.ts";
import { chainOf, numberOf } from "./options.ts";
import { KEYS, machine, missed, settlementOf, writeReport } from "./report.ts";
import type { Measured } from "./report.ts";

const REPORT = fileURLToPath(new URL("report.json", import.meta.url));
const ORDERS = 1_000;
const SECONDS = 60;
/** Seconds before a measurement: code is compiled, caches are filled, and blocks have their size by then. */
const WARM_UP = 15;
/** Events a second of the second measurement. */
const LATENCY_RATE = 50;
/** Events under way in the first one. */
const IN_FLIGHT = 1_800;
/** Events a second that are signed beforehand for it: more than any machine settles. */
const CEILING = 1_200;

const USAGE = `npm run bench -- [--chain anvil|geth|besu].. [--seconds N] [--rate N] [--orders N] [--out FILE] [--json]

Starts a chain with a block a second, a broker, three relayers (quorum 2) with SQLite stores and ${ORDERS} orders, all on
this machine, and measures twice: how many delivery events a second are settled when ${IN_FLIGHT} are always under way, and
how long it takes from publishing an event to the block that pays it at ${LATENCY_RATE} events a second.

  --chain    may be given several times; default: all that this machine has programs for
  --seconds  of each measurement, after ${WARM_UP} s of warm-up; default ${SECONDS}
  --rate     first measurement: publish so many a second instead
  --orders   how many orders are open; default ${ORDERS}, with 1, 2 and 3 lines in turn
  --out      default: bench/report.json; figures of other chains in it stay
  --json     the report's figures on standard output, progress on standard error

Exit code 1 when less is measured on anvil than is promised. How it is measured: docs/decisions/bench.md`;

const told = (text: string) => void process.stderr.write(`${text}\n`);

/** What a person asked for. */
interface Plan {
  seconds: number;
  /** Null: as many as keep `IN_FLIGHT` under way. */
  rate: number | null;
  orders: number;
}

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = optionsOf({
    usage: USAGE,
    options: {
      chain: { ...text, multiple: true },
      ...{ seconds: text, rate: text, orders: text, out: text },
      json: { type: "boolean" },
    },
  });
  const plan: Plan = {
    seconds: numberOf("seconds", options.seconds, SECONDS),
    rate: numberOf("rate", options.rate, null),
    orders: numberOf("orders", options.orders, ORDERS),
  };
  const chains = options.chain?.map(chainOf) ?? (await chainsHere());
  const file = options.out ?? REPORT;
  const here = machine();
  const figures: Record<string, unknown> = {};
  const misses: string[] = [];
  for (const chain of chains) {
    told(`== ${chain}`);
    const measured = await measureOn(chain, plan);
    figures[KEYS[chain]] = settlementOf({ ...measured, chain });
    writeReport({ file, figures: { ...figures, machine: here }, measured: { [KEYS[chain]]: measured } });
    told(JSON.stringify(figures[KEYS[chain]]));
    if (chain === "anvil") misses.push(...missed(measured));
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...figures, machine: here }, null, 2)}\n`);
  for (const miss of misses) told(`missed: ${miss}`);
  if (misses.length === 0) told(`written: ${file}`);
  return misses.length === 0 ? 0 : 1;
}

/** Both measurements on one network, the slow one first. */
async function measureOn(chain: ChainName, plan: Plan): Promise<Measured & { network: string }> {
  const { seconds, rate } = plan;
  const warmUp = Math.min(WARM_UP, seconds);
  const network = await startNetwork({ chain, told });
  const interruption = interrupted();
  const run = async () => {
    const orders = await network.openOrders({ count: plan.orders });
    const common = { network, orders, warmUp, seconds, told };
    const most = (rate: number) => Math.ceil(rate * (seconds + warmUp + 10));
    told(`latency at ${LATENCY_RATE} events a second`);
    const latency = await measure({ ...common, load: { rate: LATENCY_RATE }, most: most(LATENCY_RATE) });
    told("throughput");
    const load: Load = rate === null ? { inFlight: IN_FLIGHT } : { rate };
    const rest = await network.openOrders({ count: plan.orders });
    const throughput = await measure({ ...common, orders: rest, load, most: most(rate ?? CEILING) });
    return { network: network.description, throughput, latency };
  };
  try {
    return await Promise.race([run(), interruption.promise]);
  } finally {
    interruption.forget();
    await network.stop();
  }
}

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    told(describeError(error));
    process.exit(exitCodeOf(error));
  });
