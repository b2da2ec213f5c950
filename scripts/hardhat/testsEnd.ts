// Hardhat and Mocha wait for whatever a test left open, a server or a child process, for ever if need be. After this they
// do not.
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

/** Time for what ends by itself, in milliseconds. */
const GRACE = 3_000;

/** Runs the tests, and ends the process when they are done. */
const runTests: TaskOverrideActionFunction = async (args, _hre, runSuper) => {
  const result: unknown = await runSuper(args);
  endWithoutWaiting();
  return result;
};

export default runTests;

/** Ends this process, whose tests are done, after a while in which it may end by itself. */
export function endWithoutWaiting(): void {
  // It does not keep the process itself: where nothing is left open, the process is gone before.
  setTimeout(() => {
    const open = [...new Set(process.getActiveResourcesInfo())].filter((name) => name !== "Timeout").join(", ");
    console.error(`The tests left something open (${open}); ending without it.`);
    process.exit();
  }, GRACE).unref();
}
