// npm run lock: completes package-lock.json after dependencies were changed.
// A registry that lacks a package's builds for other machines makes npm write a lock file that `npm ci` then refuses.
// The missing builds are optional, so naming them is enough: where they fit the machine they are fetched, elsewhere not.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { completeLock, type Lock } from "./checks/lock.ts";
import { optionsOf } from "./options.ts";

optionsOf({
  usage: `
Completes package-lock.json after dependencies were changed.

  npm run lock`,
  options: {},
});

const file = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
const added = completeLock(lock);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? "The lock file is complete." : `Added: ${added.join(", ")}.`);
