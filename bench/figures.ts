import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What a relayer's process uses, as its own metrics say; null: not known on this system. */
export interface ProcessFigures {
  cpuSeconds: number;
  rssBytes: number;
  /** What is kept: used heap right after the last full garbage collection; null: there was none yet. */
  heapBytes: number | null;
  /** Files and connections. */
  openFiles: number | null;
}

/** Reads `GET /metrics` of a relayer. */
export async function readProcessFigures(url: string): Promise<ProcessFigures> {
  const text = await (await fetch(new URL("/metrics", url))).text();
  const value = (name: string): number | null => {
    const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
    return found === null ? null : Number(found[1]);
  };
  return {
    cpuSeconds: value("process_cpu_seconds_total") ?? NaN,
    rssBytes: value("process_resident_memory_bytes") ?? NaN,
    heapBytes: value("factorychain_heap_live_bytes") || null,
    openFiles: value("process_open_fds"),
  };
}

/** Bytes of an SQLite store with its log, by the name of its file. */
export function storeBytes(p: { folder: string; name: string }): number {
  return readdirSync(p.folder)
    .filter((file) => file.startsWith(p.name))
    .reduce((sum, file) => sum + statSync(join(p.folder, file)).size, 0);
}
