// How the TypeScript tests are divided among processes.
import { availableParallelism } from "node:os";

/** Test files that take more than ten seconds, the longest first: those that begin last should not be waited for. */
export const LONG = [
  "test/cli/demo.test.ts",
  "test/flows/device-signatures.test.ts",
  "test/chaos/run.test.ts",
  "test/relayer/machine.test.ts",
  "test/cli/stack.test.ts",
  "test/relayer/standby.test.ts",
  "test/cli/agreements.test.ts",
  "test/bench/bench.test.ts",
  "test/flows/geth.test.ts",
  "test/deploy/besu.test.ts",
  "test/relayer/hostilePeer.test.ts",
  "test/cli/deviceSignatures.test.ts",
  "test/chaos/broken.test.ts",
  "test/cli/ledger.test.ts",
  "test/relayer/tlsNetwork.test.ts",
  "test/flows/order-to-cash.test.ts",
  "test/relayer/ending.test.ts",
  "test/relayer/byzantine.test.ts",
  "test/relayer/process.test.ts",
  "test/deploy/refusals.test.ts",
  "test/relayer/outage.test.ts",
];

/** Files that run on Hardhat's own chain, which takes a process some seconds to load: one process is for all of them. */
const ON_HARDHAT = /^test\/(model|sdk)\/|^test\/(flows\/ledger|chain\/(confirmCost|terms))\.test\.ts$/;

/** Shares of test files, each for a process, and how many of them run at a time. */
export interface Lane {
  shares: string[][];
  jobs: number;
}

/** How many processes the other files are dealt out to. */
const OTHERS = 6;

/**
 * What runs beside each other, and in how many processes at a time; in each, the files that one process after the other
 * runs. What takes long starts chains, brokers and relayers, and gets a core for itself; the others mostly wait.
 */
export function lanesOf(files: readonly string[]): Lane[] {
  const onHardhat = files.filter((file) => ON_HARDHAT.test(file));
  const long = LONG.filter((file) => files.includes(file)).map((file) => [file]);
  const others = files.filter((file) => !onHardhat.includes(file) && !LONG.includes(file)).sort();
  const dealt = Array.from({ length: OTHERS }, (_, hand) => others.filter((_, index) => index % OTHERS === hand));
  const some = (shares: string[][]) => shares.filter((share) => share.length > 0);
  return [
    { shares: some([onHardhat, ...long]), jobs: Math.min(availableParallelism(), 6) },
    { shares: some(dealt), jobs: 1 },
  ];
}
