// Hardhat leaves one core idle while it compiles: with two, all is compiled one after the other. Here it takes them all.
import { availableParallelism } from "node:os";
import type { SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";

const hooks = (): Promise<Partial<SolidityHooks>> =>
  Promise.resolve({
    build: (context, files, options, next) => next(context, files, { concurrency: availableParallelism(), ...options }),
  });

export const allCores: HardhatPlugin = {
  id: "factorychain-all-cores",
  hookHandlers: { solidity: () => Promise.resolve({ default: hooks }) },
};
