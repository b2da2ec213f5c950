import { constants, PerformanceObserver } from "node:perf_hooks";

/**
 * Tells how much of the heap is in use right after each full garbage collection: what the process keeps. At any other
 * moment it is mixed with garbage, up to three times as much, so that a leak cannot be seen.
 *
 * @returns ends it
 */
export function watchLiveHeap(told: (bytes: number) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    const full = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (full) told(process.memoryUsage().heapUsed);
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function kindOf(entry: object): unknown {
  return (entry as { detail?: { kind?: unknown } }).detail?.kind;
}
