import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Wallet } from "ethers";
import { FactoryChainError } from "../../src/lib/errors.ts";

/**
 * The deployer's account, from a file that holds its private key as 0x-hex and that nobody else may read.
 *
 * @param generate makes a key when there is no file
 * @throws FactoryChainError `key-file-missing`, `key-file-open`, `key-file-invalid`; the key is in none of them
 */
export function readDeployer(p: { file: string | null; generate: boolean }): Wallet {
  if (p.file === null) throw missing("no file: --key-file is not given");
  if (!existsSync(p.file)) {
    if (!p.generate) throw missing(p.file);
    const key = Wallet.createRandom().privateKey;
    mkdirSync(dirname(p.file), { recursive: true });
    writeFileSync(p.file, `${key}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(p.file, 0o600);
    return new Wallet(key);
  }
  const mode = statSync(p.file).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new FactoryChainError("key-file-open", `Others may read the deployer's key in ${p.file}.`, {
      expected: "mode 0600",
      advice: `chmod 600 ${p.file}, and take another key if this one is not for tests.`,
    });
  }
  const text = readFileSync(p.file, "utf8").trim();
  try {
    if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new Error("not 32 bytes");
    return new Wallet(text.startsWith("0x") ? text : `0x${text}`);
  } catch {
    // The cause is left out: it may quote the key.
    throw new FactoryChainError("key-file-invalid", `${p.file} holds no private key.`, {
      expected: "0x and 64 hexadecimal digits",
      advice: "Pass the right file with --key-file.",
    });
  }
}

function missing(file: string): FactoryChainError {
  return new FactoryChainError("key-file-missing", `There is no key of a deployer in ${file}.`, {
    expected: "a file with a private key as 0x-hex, mode 0600",
    advice: "Make one, and pass it with --key-file. The account needs no balance.",
  });
}
