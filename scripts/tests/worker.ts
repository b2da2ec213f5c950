// One process of `npm test`: runs the test files that it is given, and tells whoever started it what becomes of them.
import { format } from "node:util";
import Mocha from "mocha";
import { endWithoutWaiting } from "../hardhat/testsEnd.ts";
import type { Task, Told } from "./process.ts";

const { files, options } = JSON.parse(process.argv[2] ?? "") as Task;

/** Whether what was told is on its way: in order, so the last one speaks for all. */
let arrived = Promise.resolve();
function tell(told: Told): void {
  arrived = new Promise((resolve) => process.send?.(told, () => resolve()));
}

/** Mocha's own, which tells its counts and its list of failures in place of printing them. */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, settings: Mocha.MochaOptions) {
    super(runner, settings);
    for (const event of ["test", "hook"]) {
      runner.on(event, (one: Mocha.Runnable) => tell({ begins: one.fullTitle() }));
    }
    for (const outcome of ["pass", "fail", "pending"] as const) runner.on(outcome, () => tell({ outcome }));
  }

  override epilogue(): void {
    const { reporters } = Mocha;
    let failures = "";
    reporters.Base.consoleLog = (...words: unknown[]) => (failures += `${format(...words)}\n`);
    if (this.failures.length > 0) reporters.Base.list(this.failures);
    tell({ failures });
  }
}

// An expectation that nobody waits for and that does not hold is the failure of the test under way. Other promises may be
// waited for later than they are rejected.
process.on("unhandledRejection", (reason) => {
  if (reason instanceof Error && reason.name === "AssertionError") throw reason;
});
// Without the process that started it, nobody wants to know; what clean-up is registered takes place.
const orphaned = () => process.exit(1);
process.once("disconnect", orphaned);

const mocha = new Mocha({ ...options, reporter: Reporter as never });
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run(() => {
  // To disconnect takes back what the other side has had no time to read.
  void arrived.then(() => {
    process.off("disconnect", orphaned);
    process.disconnect();
    endWithoutWaiting();
  });
});
