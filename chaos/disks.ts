import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, cpSync, existsSync, mkdirSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { rmSync, writeSync } from "node:fs";
import { constants as system } from "node:os";
import { join } from "node:path";

/** A small disk of one relayer's own, for its store. */
export interface Disk {
  /** Takes all room that is left. */
  fill(): void;
  /** Gives it back. */
  empty(): void;
  /** @param readOnly whether nothing can be written; nobody may have a file open there */
  protect(readOnly: boolean): void;
  /** Puts what is on it where it was mounted, and takes it away. */
  close(): void;
}

const MEGABYTES = 64;
/** What it is filled with: large pieces, then small ones, so that nothing is left. */
const PIECES = [1024 * 1024, 4096] as const;

/** @param folder where it is mounted, empty */
export function openDisk({ folder }: { folder: string }): Disk {
  const ballast = join(folder, "ballast");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mount("-t", "tmpfs", "-o", `size=${MEGABYTES}m,mode=700`, "tmpfs", folder);
  return {
    fill() {
      const file = openSync(ballast, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
      for (const size of PIECES) {
        try {
          while (writeSync(file, Buffer.alloc(size)) === size);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
      closeSync(file);
    },
    empty: () => rmSync(ballast, { force: true }),
    protect: (readOnly) => mount("-o", `remount,${readOnly ? "ro" : "rw"}`, folder),
    close() {
      const kept = `${folder}.kept`;
      cpSync(folder, kept, { recursive: true });
      execFileSync("umount", ["--lazy", folder]);
      for (const name of readdirSync(kept)) cpSync(join(kept, name), join(folder, name));
      rmSync(kept, { recursive: true });
    },
  };
}

function mount(...args: string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Whether `againWithOwnMounts` started this process: what it mounts nobody else sees, and it goes when that does. */
export function hasOwnMounts(): boolean {
  const spaceOf = (pid: number | "self"): string => readlinkSync(`/proc/${pid}/ns/mnt`);
  try {
    return process.connected && spaceOf("self") !== spaceOf(process.ppid);
  } catch {
    return false;
  }
}

/**
 * Runs this program again with mounts of its own, and does as it does, where this user may: as root may.
 *
 * @returns its exit code; null: it is not possible here
 */
export async function againWithOwnMounts(): Promise<number | null> {
  const unshare = ["--mount", "--propagation", "private"];
  const trial = "mount -t tmpfs -o size=1m tmpfs /mnt";
  try {
    if (!existsSync("/proc/self/ns/mnt")) return null;
    execFileSync("unshare", [...unshare, "sh", "-c", trial], { stdio: "ignore" });
  } catch {
    return null;
  }
  const args = [...unshare, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn("unshare", args, { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + system.signals[signal ?? "SIGKILL"]));
  });
}
