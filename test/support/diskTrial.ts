import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { againWithOwnMounts, hasOwnMounts, openDisk } from "../../chaos/disks.ts";

/** Uses a small disk, in a process with mounts of its own, and prints what came of each step; null where that is not possible. */
const code = hasOwnMounts() ? null : await againWithOwnMounts();
if (code !== null) process.exit(code);
if (!hasOwnMounts()) {
  process.stdout.write("null\n");
  process.exit();
}
process.channel?.unref();

const folder = mkdtempSync(join(tmpdir(), "factorychain-disk-"));
const disk = openDisk({ folder });
function write(name: string): string {
  try {
    writeFileSync(join(folder, name), name);
    return "written";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const seen = [write("first")];
disk.fill();
seen.push(write("full"));
disk.empty();
seen.push(write("second"));
disk.protect(true);
seen.push(write("protected"));
disk.protect(false);
seen.push(write("third"));
disk.close();
const mounted = readFileSync("/proc/self/mounts", "utf8").includes(folder);
const kept = readdirSync(folder).sort();
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify({ seen, kept, mounted })}\n`);
