import { readFileSync } from "node:fs";
import { FactoryChainError } from "../lib/errors.ts";

/** More than any order or recorded stream needs. */
const LARGEST = 256 * 1024 * 1024;

/**
 * Reads a file that the user named.
 *
 * @param what the file should be, such as "the order"
 * @throws FactoryChainError `file-unreadable`, `file-too-large`
 */
export function readInput(p: { file: string; what: string }): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(p.file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" }[code ?? ""];
    throw new FactoryChainError(
      "file-unreadable",
      `${p.file}, ${p.what}, cannot be read: ${why ?? code ?? "unknown"}.`,
      {
        expected: "the path of a file",
        advice: "Check the name; paths begin where the command is run.",
        cause,
      },
    );
  }
  if (bytes.length <= LARGEST) return bytes;
  throw new FactoryChainError("file-too-large", `${p.file}, ${p.what}, has ${bytes.length} bytes.`, {
    expected: `at most ${LARGEST}`,
  });
}
