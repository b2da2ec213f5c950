import { runRelayer } from "../relayerProcess.ts";
import type { CommandContext } from "./context.ts";
import { addRelayerKeys } from "./relayerKeys.ts";
import { addRelayerViews } from "./relayerView.ts";

/** `factorychain relayer` */
export function addRelayer({ program, output }: CommandContext): void {
  const relayer = program.command("relayer").description("one member of a relayer group, as its operator sees it");

  relayer
    .command("run")
    .description("run it in the foreground until SIGTERM or Ctrl-C; what happens is on standard error, as JSON lines")
    .option("--config <file>", "configuration file (default: FACTORYCHAIN_CONFIG, or the environment alone)")
    .action(async ({ config }: { config?: string }) => {
      process.exitCode = await runRelayer({ args: config === undefined ? [] : ["--config", config] });
    });

  addRelayerViews({ relayer, output });
  addRelayerKeys({ relayer, output });
}
