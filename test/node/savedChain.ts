import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** How many blocks the chain that a data folder keeps has now; 0 while nothing was saved. */
export function savedBlocks(folder: string): number {
  const file = join(folder, "chain.state.gz");
  if (!existsSync(file)) return 0;
  const state = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { blocks: unknown[] };
  return state.blocks.length;
}

/** Waits until a block is saved; the caller's timeout ends it. */
export async function untilSaved(p: { folder: string; block: number }): Promise<void> {
  while (savedBlocks(p.folder) <= p.block) await new Promise((resolve) => setTimeout(resolve, 100));
}
