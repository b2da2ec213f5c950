// One setup at a time in one folder, however many commands are started at once.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./paths.mjs";
import { say } from "./report.mjs";

const file = join(root, ".factorychain", "setup.lock");

/** Does the work while no other launcher works in this folder. */
export async function withLock(work) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take()) {
    const holder = owner();
    if (holder === null) continue;
    if (!isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`another command (process ${holder}) is setting up this folder; waiting for it`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const release = () => rmSync(file, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    release();
    process.off("exit", release);
  }
}

/** The lock appears with its owner in it, or not at all. */
function take() {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Process that holds the lock; null when it has just been given back. */
function owner() {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** A killed process that nobody waits for, as in a container, still has its number but does nothing any more. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code !== "ESRCH";
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true; // no /proc on this system
  }
}
