import { Command, CommanderError } from "commander";
import { describeError, exitCodeOf } from "../lib/errors.ts";
import { addBalance } from "./commands/balance.ts";
import { contextOf } from "./commands/context.ts";
import { addDeliver } from "./commands/deliver.ts";
import { addDemo } from "./commands/demo.ts";
import { addDevice } from "./commands/device.ts";
import { addGroup } from "./commands/group.ts";
import { addLedger } from "./commands/ledger.ts";
import { addNode } from "./commands/node.ts";
import { addOrder } from "./commands/order.ts";
import { addOrganisation } from "./commands/organisation.ts";
import { addRelayer } from "./commands/relayer.ts";
import { addStatus } from "./commands/status.ts";
import { InterruptedError } from "./interrupt.ts";

/** The command line; every error ends here, as text. */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command("factorychain")
    .description("Suppliers are paid in the transaction that confirms the delivery.")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  const context = contextOf(program);
  const commands = [
    addDemo,
    addNode,
    addStatus,
    addOrganisation,
    addDevice,
    addOrder,
    addDeliver,
    addBalance,
    addGroup,
    addLedger,
    addRelayer,
  ];
  for (const add of commands) add(context);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // What was under way may wait for a chain that is gone: it must not keep the process.
    const exitCode = report(error);
    process.stderr.write("", () => process.exit(exitCode));
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
