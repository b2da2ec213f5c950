import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A name for this process that no other one has, and that tells processes of this machine whether it has ended. */
export function createHolder(): string {
  return [placeOf(), String(process.pid), randomBytes(6).toString("hex")].join("/");
}

/**
 * Whether a holder's process is known to have ended: one of this machine, since its last start, among the processes that
 * can be seen from here. Of any other one nothing is known. A mistake costs no safety: a lease is fenced.
 */
export function holderHasEnded(holder: string): boolean {
  const [place, pid] = [holder.split("/").slice(0, -2).join("/"), Number(holder.split("/").at(-2))];
  if (place !== placeOf() || !Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** The machine, its start, and the container: process ids mean the same only where all three are the same. */
function placeOf(): string {
  const read = (action: () => string): string => {
    try {
      return action().trim();
    } catch {
      return "-";
    }
  };
  const boot = read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const space = read(() => readlinkSync("/proc/self/ns/pid"));
  return [hostname(), boot, space].join("/");
}
