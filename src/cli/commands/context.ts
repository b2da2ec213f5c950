import { Option } from "commander";
import type { Command } from "commander";
import { mqttUrl, rpcUrl } from "../options.ts";
import { createOutput } from "../output.ts";
import type { Output } from "../output.ts";
import type { PlaceOptions } from "../session.ts";

/** Options that every command has. */
export type CommonOptions = PlaceOptions & { json?: boolean };

/** What a command is added to, and how it writes. */
export interface CommandContext {
  program: Command;
  output(options: { json?: boolean }): Output;
}

/** The real streams of this process. */
export function contextOf(program: Command): CommandContext {
  const { stdout, stderr } = process;
  return { program, output: ({ json }) => createOutput({ json: json === true, stdout, stderr }) };
}

/** Gives a command the options that say where stack and chain are. */
export function withPlace(command: Command): Command {
  return command
    .option("--data <folder>", "data folder of the stack (default: .factorychain)")
    .option("--rpc <url>", "JSON-RPC of a node, in place of the stack's", rpcUrl)
    .option("--deployment <file>", "deployment file, in place of the stack's")
    .option("--json", "print one JSON document; everything else goes to standard error");
}

/** Gives a command the options that say where relayers and broker are. */
export function withRelayers(command: Command): Command {
  return command
    .addOption(new Option("--relayer <url...>", "APIs of relayers, in place of the stack's"))
    .option("--mqtt <url>", "broker, in place of the stack's", mqttUrl);
}
