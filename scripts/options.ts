import { parseArgs, type ParseArgsConfig } from "node:util";

type Known = NonNullable<ParseArgsConfig["options"]>;

/**
 * What a script was called with. `--help` prints how it is used and ends it; what it does not know ends it with an
 * error that says what it knows.
 *
 * @param usage first line: what it does
 */
export function optionsOf<T extends Known>(p: {
  usage: string;
  options: T;
}): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(p.usage.trim());
    process.exit(0);
  }
  try {
    return parseArgs({ args, options: p.options }).values;
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : "The options cannot be read."}\n\n${p.usage.trim()}`);
    process.exit(1);
  }
}
