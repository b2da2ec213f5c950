// How the TypeScript tests are divided among processes.
import { availableParallelism } from "node:os";

/** Test files that take more than ten seconds, the longest first: those that begin last should not be waited for. */
export const LONG = [
  "test/cli/demo.test.ts",
  "test/flows/geth.test.ts",
  "test/flows/device-signatures.test.ts",
  "test/relayer/machine.test.ts",
  "test/chaos/run.test.ts",
  "test/relayer/standby.test.ts",
  "test/cli/agreements.test.ts",
  "test/cli/stack.test.ts",
  "test/bench/bench.test.ts",
  "test/relayer/hostileOrder.test.ts",
  "test/cli/deviceSignatures.test.ts",
  "test/deploy/besu.test.ts",
  "test/cli/ledger.test.ts",
  "test/flows/order-to-cash.test.ts",
  "test/relayer/tlsNetwork.test.ts",
  "test/relayer/process.test.ts",
  "test/deploy/refusals.test.ts",
  "test/relayer/byzantine.test.ts",
  "test/relayer/outage.test.ts",
];

/** Files that run on Hardhat's own chain, which takes a process some seconds to load: one process is for all of them. */
const ON_HARDHAT = /^test\/(model|sdk)\/|^test\/(flows\/ledger|chain\/(confirmGas|terms))\.test\.ts$/;

/** How many processes the other files are dealt out to. */
const OTHERS = 6;

/** The files that one process after the other runs. */
export function sharesOf(files: readonly string[]): string[][] {
  const onHardhat = files.filter((file) => ON_HARDHAT.test(file));
  const long = LONG.filter((file) => files.includes(file)).map((file) => [file]);
  const others = files.filter((file) => !onHardhat.includes(file) && !LONG.includes(file)).sort();
  const dealt = Array.from({ length: OTHERS }, (_, hand) => others.filter((_, index) => index % OTHERS === hand));
  return [onHardhat, ...long, ...dealt].filter((share) => share.length > 0);
}

/**
 * How many processes run at a time. Tests start chains, brokers and relayers of their own, and some look at what these did
 * by a certain time: they get a core for themselves.
 */
export function jobsHere(): number {
  return Math.max(1, Math.min(availableParallelism() - 1, 6));
}
