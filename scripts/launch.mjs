#!/usr/bin/env node
// Runs one of the project's commands on any machine with Node 18 or newer and nothing else installed:
//   node scripts/launch.mjs COMMAND [ARGUMENT...]        (npm run COMMAND -- ARGUMENT... does just this)
// It finds a Node that runs this project (or fetches one), installs the dependencies, compiles the contracts, each
// only when something changed, and then gives way to the command. All it says goes to standard error, so the
// command's own output stays clean. Plain JavaScript without dependencies, because it runs before there are any.
import { commands } from "./launch/commands.mjs";
import { LaunchError, seconds, say } from "./launch/report.mjs";
import { exitCode, run } from "./launch/process.mjs";
import { setUp } from "./launch/setup.mjs";

/** Runs a command of the table with the user's arguments; answers its exit code. */
export async function launch(name, args) {
  const command = commands[name];
  if (!command) {
    throw new LaunchError(`There is no command "${name ?? ""}".`, `Commands: ${Object.keys(commands).join(", ")}.`);
  }
  const tools = await setUp(command);
  const started = Date.now();
  const result = await run({ ...command.step(tools, args), env: tools.env, stdio: "inherit" });
  const code = exitCode(result);
  say(`${name} ${code === 0 ? "finished" : `ended with exit code ${code}`} (${seconds(started)})`);
  return code;
}

/** Runs a command and ends this process as the command ended. */
export async function main(name, args) {
  try {
    process.exitCode = await launch(name, args);
  } catch (error) {
    say(error.message);
    if (error.advice) say(error.advice);
    process.exitCode = error.exitCode ?? 1;
  }
}

if (process.argv[1]?.endsWith("launch.mjs")) await main(process.argv[2], process.argv.slice(3));
