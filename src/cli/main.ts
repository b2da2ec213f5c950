import { Command, CommanderError } from "commander";
import { describeError, exitCodeOf } from "../lib/errors.ts";
import { addDemo } from "./commands/demo.ts";
import { InterruptedError } from "./interrupt.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";

/** The command line; every error ends here, as text. */
async function main(args: readonly string[]): Promise<void> {
  const output = (json: boolean | undefined): Output =>
    createOutput({ json: json === true, stdout: process.stdout, stderr: process.stderr });
  const program = new Command("factorychain")
    .description("Suppliers are paid in the transaction that confirms the delivery.")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  addDemo({ program, output });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong; answers the exit code. */
function report(error: unknown): number {
  // Commander has said what it had to say.
  if (error instanceof CommanderError) return error.exitCode;
  process.stderr.write(`${describeError(error)}\n`);
  return error instanceof InterruptedError ? error.exitCode : exitCodeOf(error);
}

await main(process.argv.slice(2));
