// Hardhat waits for whatever a test left open, a server or a child process, for ever if need be. After this it does not.
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

/** Time for what ends by itself, in milliseconds. */
const GRACE = 10_000;

/** Runs the tests, and ends the process when they are done. */
const runTests: TaskOverrideActionFunction = async (args, _hre, runSuper) => {
  const result: unknown = await runSuper(args);
  // It does not keep the process itself: where nothing is left open, the process is gone before.
  setTimeout(() => {
    const open = [...new Set(process.getActiveResourcesInfo())].filter((name) => name !== "Timeout").join(", ");
    console.error(`The tests left something open (${open}); ending without it.`);
    process.exit();
  }, GRACE).unref();
  return result;
};

export default runTests;
