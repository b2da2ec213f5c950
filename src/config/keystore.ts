import { readFileSync, writeFileSync } from "node:fs";
import { decryptKeystoreJson, encryptKeystoreJson, Wallet } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { readKeyFile } from "./keyFile.ts";

/** Work of scrypt, as in geth's own keystores: about a second and 256 MB for each guess at a password. */
const SCRYPT = { N: 2 ** 18, r: 8, p: 1 };

/** Fewest characters of a password for a new keystore. */
const SHORTEST = 12;

/**
 * Writes a key as Web3 Secret Storage version 3, encrypted with scrypt, for its owner only. No file is written over.
 *
 * @param scrypt lighter work, for tests
 * @throws FactoryChainError `keystore-exists`, `keystore-unwritable`, `key-password-short`
 */
export async function writeKeystore(p: {
  file: string;
  wallet: { address: string; privateKey: string };
  password: string;
  scrypt?: typeof SCRYPT;
}): Promise<void> {
  if (p.password.length < SHORTEST) {
    throw new FactoryChainError("key-password-short", `The password has ${p.password.length} characters.`, {
      expected: `at least ${SHORTEST}`,
      advice: "Make one with: openssl rand -base64 24",
    });
  }
  const text = await encryptKeystoreJson(p.wallet, p.password, { scrypt: p.scrypt ?? SCRYPT });
  try {
    writeFileSync(p.file, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(p.file, cause);
    throw new FactoryChainError("keystore-exists", `There is a file ${p.file} already.`, {
      expected: "a name that no file has: a key that is written over is lost",
      advice: "Choose another name, or move the old file to a safe place.",
      cause,
    });
  }
}

/**
 * The account of a key file: a keystore, or a private key as 0x-hex.
 *
 * @param passwordFile file with the keystore's password; a line break at its end does not count
 * @throws FactoryChainError `key-file`, `key-password`, `key-password-file`; neither key nor password is in it
 */
export async function openKey(p: { file: string; passwordFile: string | null }): Promise<Wallet> {
  if (!isKeystore(p.file)) return readKeyFile(p.file);
  if (p.passwordFile === null) {
    throw new FactoryChainError(
      "key-password-file",
      `${p.file} is a keystore, and no file with its password is named.`,
      {
        advice: "Set FACTORYCHAIN_KEY_PASSWORD_FILE, or keyPasswordFile in the configuration file.",
      },
    );
  }
  const [text, password] = [readFileSync(p.file, "utf8"), readPassword(p.passwordFile)];
  try {
    return new Wallet((await decryptKeystoreJson(text, password)).privateKey);
  } catch (error) {
    if (!/password/i.test((error as Error).message)) throw notReadable(p.file);
    throw new FactoryChainError("key-password", `The password in ${p.passwordFile} does not open ${p.file}.`, {
      expected: "the password with which the keystore was made, on one line",
      advice: "Name the right file, or restore the password from its safe place: nothing else opens the keystore.",
    });
  }
}

/**
 * The address that a keystore claims, lowercase; null where it does not say.
 *
 * @throws FactoryChainError `key-file`
 */
export function claimedAddress(file: string): string | null {
  const { address } = parse(file);
  return typeof address === "string" && /^(0x)?[0-9a-f]{40}$/i.test(address)
    ? `0x${address.replace(/^0x/i, "").toLowerCase()}`
    : null;
}

/**
 * The first line of a password file.
 *
 * @throws FactoryChainError `key-password-file`
 */
export function readPassword(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new FactoryChainError("key-password-file", `The password file ${file} cannot be read.`, {
      expected: "a file with the keystore's password on one line, which this user may read",
      advice: "Check its name and its owner; mode 0400 is right.",
      cause,
    });
  }
  const password = text.replace(/\r?\n$/, "");
  if (password !== "" && !password.includes("\n")) return password;
  throw new FactoryChainError("key-password-file", `The password file ${file} holds no password.`, {
    expected: "the password on one line",
  });
}

/** Whether a key file is a keystore. One that is not there is none: whoever reads it says so. */
export function isKeystore(file: string): boolean {
  try {
    return readFileSync(file, "utf8").trimStart().startsWith("{");
  } catch {
    return false;
  }
}

function parse(file: string): { address?: unknown } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { address?: unknown };
  } catch {
    throw notReadable(file);
  }
}

function notReadable(file: string): FactoryChainError {
  return new FactoryChainError("key-file", `${file} is no keystore that can be read.`, {
    expected: "Web3 Secret Storage version 3, as `factorychain relayer keys new` and geth write it",
    advice: "Restore the file from a copy.",
  });
}

function unwritable(file: string, cause: unknown): FactoryChainError {
  return new FactoryChainError("keystore-unwritable", `The keystore ${file} cannot be written.`, {
    expected: "a folder that this user may write, with room on its disk",
    cause,
  });
}
