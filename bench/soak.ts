// npm run soak: the network of the bench at a steady rate for some minutes, and whether the relayers' memory stays flat.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { optionsOf } from "../scripts/options.ts";
import { writeWhole } from "../src/config/files.ts";
import { describeError, exitCodeOf } from "../src/lib/errors.ts";
import { readProcessFigures, storeBytes } from "./figures.ts";
import type { ProcessFigures } from "./figures.ts";
import { flatnessOf, TOLERANCE } from "./flatness.ts";
import { interrupted } from "./interrupt.ts";
import { measure } from "./measure.ts";
import type { Network } from "./network.ts";
import { startNetwork } from "./network.ts";
import { chainOf, numberOf } from "./options.ts";
import { machine, round } from "./report.ts";

const REPORT = fileURLToPath(new URL("soak.json", import.meta.url));
const DEFAULTS = { minutes: 10, rate: 50, orders: 1_000 };
const WARM_UP = 15;
/** What must stay flat. Of the store, how much an event takes is reported. */
const WATCHED = ["rssBytes", "heapBytes", "openFiles"] as const;

const USAGE = `npm run soak -- [--minutes N] [--rate N] [--orders N] [--chain anvil|geth|besu] [--out FILE] [--json]

Keeps three relayers busy and reads the memory (RSS, and used heap after garbage collection), open files and store of each
every few seconds. Memory is flat when, after a warm-up of a fifth of the time, the median of the last third exceeds that of
the second by at most ${TOLERANCE * 100}%. Exit code 1 when it is not, or when an event was not settled.

  --minutes  default ${DEFAULTS.minutes}
  --rate     delivery events a second; default ${DEFAULTS.rate}
  --orders   how many orders are open; default ${DEFAULTS.orders}
  --out      default: bench/soak.json
  --json     the summary on standard output, progress on standard error`;

const told = (text: string) => void process.stderr.write(`${text}\n`);

/** One look at a relayer. */
interface Look extends ProcessFigures {
  /** Seconds since the start. */
  at: number;
  storeBytes: number;
}

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = optionsOf({
    usage: USAGE,
    options: {
      ...{ minutes: text, rate: text, orders: text, out: text },
      chain: { ...text, default: "anvil" },
      json: { type: "boolean" },
    },
  });
  const minutes = numberOf("minutes", options.minutes, DEFAULTS.minutes);
  const rate = numberOf("rate", options.rate, DEFAULTS.rate);
  const orders = numberOf("orders", options.orders, DEFAULTS.orders);
  const chain = chainOf(options.chain);
  const here = machine();
  const network = await startNetwork({ chain, told });
  const interruption = interrupted();
  const looks: Look[][] = network.endpoints.relayers.map(() => []);
  try {
    const run = async () => {
      const open = await network.openOrders({ count: orders });
      const began = Date.now();
      const sample = () => lookAt({ network, looks, began });
      const seconds = minutes * 60;
      const most = Math.ceil(rate * (seconds + WARM_UP + 10));
      return await measure({ network, orders: open, load: { rate }, warmUp: WARM_UP, seconds, most, told, sample });
    };
    const measured = await Promise.race([run(), interruption.promise]);
    const relayers = looks.map((samples, index) => ({ relayer: index + 1, ...summaryOf(samples) }));
    const flat = relayers.every((relayer) => WATCHED.every((name) => relayer[name]?.flat !== false));
    const { events, eventsPerSecond, unsettled } = measured;
    const soak = {
      ...{ flat, minutes, rate, events, eventsPerSecond: round(eventsPerSecond, 1), unsettled, chain, store: "sqlite" },
      tolerance: TOLERANCE,
      relayers,
    };
    const file = options.out ?? REPORT;
    const samples = looks.map((list, index) => ({ relayer: index + 1, looks: list }));
    writeWhole(file, `${JSON.stringify({ soak, machine: here, samples }, null, 2)}\n`);
    if (options.json === true) process.stdout.write(`${JSON.stringify({ soak, machine: here }, null, 2)}\n`);
    for (const relayer of relayers)
      for (const name of WATCHED)
        if (relayer[name]?.flat === false)
          told(
            `missed: ${name} of relayer ${relayer.relayer} rose from ${relayer[name].second} to ${relayer[name].last}`,
          );
    if (unsettled > 0) told(`missed: ${unsettled} events were not settled at the end`);
    told(`${flat ? "Memory is flat" : "Memory is not flat"}; written: ${file}`);
    return flat && unsettled === 0 ? 0 : 1;
  } finally {
    interruption.forget();
    await network.stop();
  }
}

async function lookAt(p: { network: Network; looks: Look[][]; began: number }): Promise<void> {
  const { endpoints, data } = p.network;
  await Promise.all(
    endpoints.relayers.map(async ({ url }, index) => {
      const figures = await readProcessFigures(url);
      const at = round((Date.now() - p.began) / 1000, 1);
      const stored = storeBytes({ folder: data, name: basename(`relayer-${index + 1}.sqlite`) });
      p.looks[index]?.push({ at, ...figures, storeBytes: stored });
    }),
  );
}

function summaryOf(looks: readonly Look[]) {
  const seriesOf = (name: (typeof WATCHED)[number]) => {
    const samples = looks.flatMap(({ at, [name]: value }) => (value === null ? [] : [{ at, value }]));
    return samples.length === 0 ? null : flatnessOf(samples);
  };
  const store = { first: looks[0]?.storeBytes ?? 0, last: looks.at(-1)?.storeBytes ?? 0 };
  return {
    rssBytes: seriesOf("rssBytes"),
    heapBytes: seriesOf("heapBytes"),
    openFiles: seriesOf("openFiles"),
    storeBytes: store,
  };
}

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    told(describeError(error));
    process.exit(exitCodeOf(error));
  });
