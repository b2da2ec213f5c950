import type { Command } from "commander";
import { Wallet } from "ethers";
import { readKeyFile } from "../../config/keyFile.ts";
import { claimedAddress, isKeystore, openKey, readPassword, writeKeystore } from "../../config/keystore.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import type { Output } from "../output.ts";
import type { CommandContext } from "./context.ts";

interface KeyOptions {
  passwordFile?: string;
  json?: boolean;
}

/** `factorychain relayer keys` */
export function addRelayerKeys({ relayer, output }: { relayer: Command; output: CommandContext["output"] }): void {
  const keys = relayer.command("keys").description("keystore files (Web3 Secret Storage, scrypt) for a relayer's key");
  const command = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option("--password-file <file>", "file with the keystore's password on one line")
      .option("--json", "print one JSON document");

  command("new <file>", "makes a key and writes it, encrypted, to a new file").action(
    async (file: string, options: KeyOptions) => {
      await write({ file, wallet: Wallet.createRandom(), options, output: output(options) });
    },
  );

  command("import <file>", "writes a private key that is in a file (0x-hex) to a new keystore")
    .requiredOption("--from <file>", "file with the private key")
    .action(async (file: string, options: KeyOptions & { from: string }) => {
      await write({ file, wallet: readKeyFile(options.from), options, output: output(options) });
      if (options.json !== true) output(options).say(`Now destroy ${options.from}: the key stands in it in clear.`);
    });

  command("address <file>", "says whose key a file holds; with the password, from the key itself").action(
    async (file: string, options: KeyOptions) => {
      const address = await addressOf({ file, passwordFile: options.passwordFile ?? null });
      output(options).result({ file, address }, address);
    },
  );
}

async function write(p: {
  file: string;
  wallet: { address: string; privateKey: string };
  options: KeyOptions;
  output: Output;
}): Promise<void> {
  const { file, options } = p;
  if (options.passwordFile === undefined) {
    throw new FactoryChainError("key-password-file", "No file with a password is named.", {
      expected: "--password-file FILE: a password on a command line is seen by everybody on the machine",
      advice: "Make one with: (umask 077; openssl rand -base64 24 > relayer.password)",
    });
  }
  await writeKeystore({ file, wallet: p.wallet, password: readPassword(options.passwordFile) });
  const address = p.wallet.address.toLowerCase();
  p.output.result({ file, address }, `${address}\nin ${file}. Keep a copy of the file and of its password, apart.`);
}

async function addressOf(p: { file: string; passwordFile: string | null }): Promise<string> {
  if (p.passwordFile !== null || !isKeystore(p.file)) return (await openKey(p)).address.toLowerCase();
  const address = claimedAddress(p.file);
  if (address !== null) return address;
  throw new FactoryChainError("key-password-file", `${p.file} does not say whose key it holds.`, {
    advice: "Name the file with its password: --password-file FILE.",
  });
}
