import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { FactoryChainError } from "../lib/errors.ts";
import { readIfThere, writeWhole } from "../config/files.ts";

/** The chain's state on disk: what anvil dumps, compressed as it comes. Written whole or not at all. */
export function createStateFile({ file }: { file: string }) {
  const unpacked = `${file}.loading`;
  const genesis = `${file}.genesis`;
  return {
    /**
     * When the chain began, in seconds since 1970. anvil makes its first block anew at each start; only with the same
     * time is it the same block, and the chain the same chain.
     *
     * @param now taken by a chain that begins now
     */
    genesisTime(now: number): number {
      const known = Number(readIfThere(genesis) ?? "0");
      if (known > 0) return known;
      writeWhole(genesis, `${now}\n`);
      return now;
    },

    /**
     * Unpacks the state for anvil to load; null when there is none yet.
     *
     * @throws FactoryChainError `chain-state-broken`
     */
    unpack(): string | null {
      if (!existsSync(file)) return null;
      try {
        writeFileSync(unpacked, gunzipSync(readFileSync(file)));
      } catch (cause) {
        throw new FactoryChainError("chain-state-broken", `The chain's state in ${file} cannot be read.`, {
          expected: "the file as the stack wrote it",
          advice: "Restore it from a copy. Without one, move the whole data folder away and begin anew (npm start).",
          cause,
        });
      }
      return unpacked;
    },

    /** Removes what `unpack` wrote, once it is loaded. */
    loaded(): void {
      rmSync(unpacked, { force: true });
    },

    /** @param dump answer of `anvil_dumpState`: gzip as 0x-hex */
    write(dump: string): void {
      const draft = `${file}.draft`;
      const handle = openSync(draft, "w", 0o600);
      try {
        writeFileSync(handle, Buffer.from(dump.slice(2), "hex"));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(draft, file);
    },
  };
}
