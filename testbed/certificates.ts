import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../src/config/env.ts";

const PAGE = fileURLToPath(new URL("../docs/operations/relayer-tls.md", import.meta.url));

/** The commands of the operator's page, by the heading that they stand under. */
export function commandsOf(heading: string): string {
  const section = readFileSync(PAGE, "utf8")
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  const blocks = [...(section ?? "").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
  if (blocks.length === 0) throw new Error(`The page has no commands under ${heading}.`);
  return blocks.join("\n");
}

/** Runs commands of the page in a folder, with the variables that they name. */
export function runPage(folder: string, heading: string, variables: Record<string, string> = {}): void {
  const env = childEnvironment({ HOME: folder, ...variables });
  execFileSync("sh", ["-eu", "-c", commandsOf(heading)], { cwd: folder, env, stdio: "pipe" });
}

/** A CA, in a folder of its own. */
export function makeCa(folder: string): void {
  runPage(folder, "The consortium's CA");
}

/** A member's certificate of the CA in a folder. @returns names of its files */
export function makeMember(
  folder: string,
  { name, account, days = 365 }: { name: string; account: string; days?: number },
): { cert: string; key: string; ca: string } {
  const variables = { NAME: name, ACCOUNT: account, DAYS: String(days) };
  runPage(folder, "Each member's key and request", variables);
  runPage(folder, "Signing a request", variables);
  if (days > 0) runPage(folder, "Checking what came back", variables);
  return { ca: join(folder, "ca.pem"), cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}
