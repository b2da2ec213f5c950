// The compiler in a thread of its own: it keeps a core busy for seconds, and others shall go on.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Sources } from "../solidity/compile.ts";
import { type Codes, codesOf, mutatedCodes } from "./code.ts";
import type { Mutant } from "./mutants.ts";

export interface Compiler {
  /** The codes that a mutant changes; null when it does not compile, or changes none. */
  compile(mutant: Mutant): Promise<Codes | null>;
  stop(): Promise<unknown>;
}

export function createCompiler({ sources }: { sources: Sources }): Compiler {
  const worker = new Worker(new URL(import.meta.url), { workerData: sources });
  return {
    compile: (mutant) =>
      new Promise((resolve, reject) => {
        worker.removeAllListeners();
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.postMessage(mutant);
      }),
    stop: () => worker.terminate(),
  };
}

if (!isMainThread) {
  const sources = workerData as Sources;
  const originals: Codes = {};
  const original = (contract: string): string | undefined =>
    (originals[contract] ??= codesOf({ sources, contracts: [contract] })?.[contract] ?? "");
  parentPort?.on("message", (mutant: Mutant) => parentPort?.postMessage(mutatedCodes({ sources, original, mutant })));
}
