// npm run services: the servers that relayers may use in place of what is embedded, until Ctrl-C. Data is kept.
//   -- --port 5433     where PostgreSQL listens; default: a free port
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPostgres, startPostgres } from "./services/postgres.ts";

const { values } = parseArgs({ options: { port: { type: "string" } } });
const root = fileURLToPath(new URL("..", import.meta.url));
// The server does not run as root, and whom it runs as may not look into root's folders.
const folder = process.getuid?.() === 0 ? "/var/tmp/factorychain-services" : join(root, ".factorychain", "services");

const bin = findPostgres(process.env["PATH"] ?? "");
if (bin === null) {
  console.error("There is no PostgreSQL on this machine.");
  console.error("Install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@15).");
  process.exitCode = 1;
} else {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else; remove it.`);
  const port = values.port === undefined ? {} : { port: Number(values.port) };
  const server = await startPostgres({ bin, folder: join(folder, "postgres"), ...port });
  console.log(`PostgreSQL: FACTORYCHAIN_STORE=${server.url}`);
  console.log("Give each relayer a database or a schema of its own; Ctrl-C stops the server and keeps its data.");
  const awake = setInterval(() => undefined, 60_000);
  const end = (): void => {
    clearInterval(awake);
    void server.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
}
