import { execFileSync } from "node:child_process";

/** The processes that descend from one, or that were started with a text in their command line: pid and command. */
export function processesWith(text: string): { pid: number; command: string }[] {
  const lines = execFileSync("ps", ["-A", "-ww", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    const own = command === undefined || Number(pid) === process.pid || command.startsWith("ps ");
    return own || !command.includes(text) ? [] : [{ pid: Number(pid), command }];
  });
}

/** Waits until no process with this text in its command line is left; answers those that stay. */
export async function untilGone(text: string, milliseconds: number): Promise<string[]> {
  const until = Date.now() + milliseconds;
  let left = processesWith(text);
  while (left.length > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = processesWith(text);
  }
  return left.map(({ command }) => command);
}
