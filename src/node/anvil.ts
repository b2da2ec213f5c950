import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FactoryChainError } from "../lib/errors.ts";

const ARCHITECTURES: Record<string, string> = { x64: "amd64", arm64: "arm64" };

/**
 * The anvil program itself. Its npm package starts it through one more process, which a signal would reach first.
 *
 * @throws FactoryChainError `chain-program-missing`
 */
export function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const system = process.platform === "win32" ? "win32" : process.platform;
  const name = `@foundry-rs/anvil-${system}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  try {
    const loader = createRequire(require.resolve("@foundry-rs/anvil/package.json"));
    const folder = dirname(loader.resolve(`${name}/package.json`));
    return join(folder, "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
  } catch (cause) {
    throw new FactoryChainError(
      "chain-program-missing",
      `The embedded chain has no program for this machine: ${name}.`,
      {
        expected: "Linux, macOS or Windows on x64, Linux or macOS on arm64",
        advice: "Delete node_modules and run the command again, or use a chain of your own with --rpc URL.",
        cause,
      },
    );
  }
}
