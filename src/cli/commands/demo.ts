import { Option } from "commander";
import { days, graceDays, rpcUrl } from "../options.ts";
import type { DemoOptions } from "../demo/command.ts";
import { runDemo, SCENARIOS } from "../demo/command.ts";
import type { CommandContext } from "./context.ts";

/** `factorychain demo` */
export function addDemo({ program, output }: CommandContext): void {
  program
    .command("demo")
    .description("orders, deliveries and payments on a stack that exists only for this")
    .addOption(new Option("--scenario <name>", "what to show").choices(SCENARIOS).default(SCENARIOS[0]))
    .option("--order <file.xml>", "UBL 2 order (default: the example)")
    .option("--events <file.jsonl>", "recorded messages of devices, one JSON object a line")
    .option("--devices <jwks.json>", "public keys of the devices that signed the events")
    .option("--rebase-dates", "take a past order as if it were issued today", false)
    .option("--rpc <url>", "use this chain instead of the embedded one", rpcUrl)
    .option("--term-days <days>", "due so long after today when the order names no date", days, 60)
    .option("--expiry-days <days>", "deliveries count so long after the due date", days, 30)
    .option("--grace-days <days>", "the buyer's refund waits so long after that, at most 90", graceDays, 7)
    .option("--json", "print one JSON document; everything else goes to standard error")
    .action(async (options: DemoOptions & { json?: boolean }) => {
      await runDemo({ options, output: output(options) });
    });
}
