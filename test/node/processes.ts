import { execFileSync } from "node:child_process";

/** Longest wait for processes to end that were asked to, in milliseconds. */
const PATIENCE = 20_000;

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
export async function untilGone(text: string): Promise<string[]> {
  const until = Date.now() + PATIENCE;
  let left = processesWith(text);
  while (left.length > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = processesWith(text);
  }
  return left.map(({ command }) => command);
}

/** All processes that descend from one now. */
export function descendantsOf(ancestor: number): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const children = (parent: number): number[] =>
    pairs.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid, ...children(pid)] : []));
  return children(ancestor);
}

/** Kills a process and all that descend from it now. */
export function killTree(ancestor: number): void {
  for (const pid of [ancestor, ...descendantsOf(ancestor)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It was gone already.
    }
  }
}

/** Watches a process' descendants until `left` is called, which answers those that still live some seconds later. */
export function watchDescendants(ancestor: number): { left: () => Promise<number[]> } {
  const seen = new Set<number>();
  const look = () => descendantsOf(ancestor).forEach((pid) => seen.add(pid));
  look();
  const timer = setInterval(look, 300);
  return {
    async left() {
      clearInterval(timer);
      if (seen.size === 0) throw new Error("Nothing was started, so nothing is proved.");
      const until = Date.now() + PATIENCE;
      while ([...seen].some(isAlive) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
      return [...seen].filter(isAlive);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
