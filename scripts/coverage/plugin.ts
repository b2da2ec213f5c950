// Hardhat's own coverage, and branches on top of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";
import { instrument, LIBRARY } from "./branches.ts";
import { BRANCHES, isMeasured } from "./report.ts";

const hooks = (): Promise<Partial<SolidityHooks>> =>
  Promise.resolve({
    preprocessProjectFileBeforeBuilding: async (context, name, path, content, version, next) => {
      const source = await next(context, name, path, content, version);
      const { root } = context.config.paths;
      const file = relative(root, path).replaceAll("\\", "/");
      if (!context.globalOptions.coverage || !isMeasured(file)) return source;
      const { source: instrumented, branches } = instrument({ file, source });
      const folder = join(root, BRANCHES);
      mkdirSync(folder, { recursive: true });
      const text = JSON.stringify(branches, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
      writeFileSync(join(folder, `${file.replaceAll("/", "-")}.json`), text);
      return branches.length === 0 ? source : instrumented;
    },
    preprocessSolcInputBeforeBuilding: async (context, input, next) => {
      if (context.globalOptions.coverage) input.sources[LIBRARY.name] = { content: LIBRARY.content };
      return await next(context, input);
    },
  });

export const branchCoverage: HardhatPlugin = {
  id: "factorychain-branches",
  hookHandlers: { solidity: () => Promise.resolve({ default: hooks }) },
};
