// The project's configuration with contracts that the optimiser left alone: they compile in seconds instead of minutes. For
// a chain they are too large, for Solidity tests they are not.
import type { HardhatUserConfig } from "hardhat/config";

interface Compiler {
  settings: Record<string, unknown>;
}

/** @param out where what is built goes, so that it does not get in the way of the project's own */
export function unoptimised({ config, out }: { config: HardhatUserConfig; out?: string }): HardhatUserConfig {
  const { overrides, ...solidity } = config.solidity as { overrides: Record<string, Compiler> };
  const without = Object.entries(overrides).map(([file, { settings, ...compiler }]) => [
    file,
    { ...compiler, settings: { ...settings, optimizer: { enabled: false } } },
  ]);
  return {
    ...config,
    solidity: { ...solidity, overrides: Object.fromEntries(without) as object } as NonNullable<
      HardhatUserConfig["solidity"]
    >,
    ...(out === undefined
      ? {}
      : {
          paths: { ...config.paths, artifacts: `${out}/artifacts`, cache: `${out}/cache` },
          typechain: { ...config.typechain, outDir: `${out}/typechain-types` },
        }),
  };
}

/** Tests that measure gas: they hold for optimised contracts only, that tell nobody what they run. */
export const GAS_TESTS = "OrderOf4096Lines";
