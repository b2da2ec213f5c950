import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Wallet } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";

/**
 * The account of a key file: 0x-hex, readable by its owner only. Without a file a key is made.
 *
 * @throws FactoryChainError `key-file`; the key is not in it
 */
export function openKeyFile(file: string): Wallet {
  if (existsSync(file)) return readKeyFile(file);
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  writeFileSync(file, `${wallet.privateKey}\n`, { mode: 0o600, flag: "wx" });
  return wallet;
}

/**
 * The account of a key file that must be there.
 *
 * @throws FactoryChainError `key-file`; the key is not in it
 */
export function readKeyFile(file: string): Wallet {
  try {
    return new Wallet(readFileSync(file, "utf8").trim());
  } catch {
    throw new FactoryChainError("key-file", `${file} holds no private key that can be read.`, {
      expected: "0x and 64 hexadecimal digits, in a file that this user may read",
      advice: "Restore the file from a copy; without one, move the data folder away and begin anew.",
    });
  }
}
