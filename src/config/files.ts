import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { FactoryChainError } from "../lib/errors.ts";

/** Writes a file whole or not at all. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.draft`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.draft`, file);
}

/** A file's text; null without the file. */
export function readIfThere(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/**
 * The text of a file that a setting names.
 *
 * @param what it is, such as "the deployment file"
 * @throws FactoryChainError `file-unreadable`
 */
export function readNamedFile(p: { name: string; what: string }): string {
  try {
    return readFileSync(p.name, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "this user may not read it" }[
      code ?? ""
    ];
    throw new FactoryChainError("file-unreadable", `${p.name}, ${p.what}, cannot be read: ${why ?? code ?? "?"}.`, {
      advice: "Check the name and the owner of the file; a name without / at its front begins where the program runs.",
      cause,
    });
  }
}

/**
 * The token in a file: one line.
 *
 * @throws FactoryChainError `file-unreadable`, `token`
 */
export function readToken(name: string): string {
  const token = readNamedFile({ name, what: "the operator's token" }).trim();
  if (token.length >= 16 && !/\s/.test(token)) return token;
  throw new FactoryChainError("token", `${name} holds no token.`, {
    expected: "at least 16 characters on one line",
    advice: "Make one with: (umask 077; openssl rand -hex 32 > operator.token)",
  });
}
