// npm run services: the servers that relayers may use in place of what is embedded, until Ctrl-C. Data is kept.
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { optionsOf } from "./options.ts";
import { findMosquitto, startMosquitto } from "./services/mosquitto.ts";
import { findPostgres, startPostgres } from "./services/postgres.ts";

const text = { type: "string" } as const;
const values = optionsOf({
  usage: `
Starts PostgreSQL and Mosquitto, where they are installed, and keeps them until Ctrl-C. Their data is kept.

  npm run services [-- --port 5433] [--mqtt-port 1883] [--cert FILE --key FILE [--ca FILE]]

  --port N         where PostgreSQL listens; default: a free port
  --mqtt-port N    where Mosquitto listens; default: a free port
  --cert, --key    TLS for Mosquitto (PEM)
  --ca FILE        clients must show a certificate of this authority`,
  options: { port: text, "mqtt-port": text, cert: text, key: text, ca: text },
});
const root = fileURLToPath(new URL("..", import.meta.url));
// PostgreSQL does not run as root, and whom it runs as may not look into root's folders.
const folder = process.getuid?.() === 0 ? "/var/tmp/factorychain-services" : join(root, ".factorychain", "services");
const path = process.env["PATH"] ?? "";
const [bin, program] = [findPostgres(path), findMosquitto(path)];
const missing = [
  ...(bin === null
    ? ["PostgreSQL (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@15)"]
    : []),
  ...(program === null ? ["Mosquitto (Debian, Ubuntu: apt-get install mosquitto; macOS: brew install mosquitto)"] : []),
];
for (const one of missing) console.error(`Not on this machine: ${one}.`);

const at = (port: string | undefined) => (port === undefined ? {} : { port: Number(port) });
const stops: (() => Promise<void>)[] = [];
if ((values.cert === undefined) !== (values.key === undefined)) refuse("--cert and --key go together.");
mkdirSync(folder, { recursive: true, mode: 0o711 });
if (statSync(folder).uid !== process.getuid?.()) refuse(`${folder} belongs to somebody else; remove it.`);
if (bin !== null) {
  const server = await startPostgres({ bin, folder: join(folder, "postgres"), ...at(values.port) });
  stops.push(server.stop);
  console.log(`PostgreSQL: FACTORYCHAIN_STORE=${server.url}`);
}
if (program !== null) {
  const { cert, key, ca } = values;
  const tls =
    cert === undefined || key === undefined
      ? {}
      : { tls: { cert: resolve(cert), key: resolve(key), ...(ca === undefined ? {} : { ca: resolve(ca) }) } };
  const place = { folder: join(folder, "mosquitto"), ...at(values["mqtt-port"]) };
  const server = await startMosquitto({ program, ...place, ...tls });
  stops.push(server.stop);
  console.log(`Mosquitto: FACTORYCHAIN_MQTT_URL=${server.url} FACTORYCHAIN_MQTT_VERSION=5`);
}
if (stops.length === 0) process.exitCode = 1;
else {
  console.log("Give each relayer a database or a schema of its own; Ctrl-C stops the servers and keeps their data.");
  const awake = setInterval(() => undefined, 60_000);
  const end = (): void => {
    clearInterval(awake);
    for (const stop of stops.splice(0)) void stop();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
}

function refuse(why: string): never {
  console.error(why);
  process.exit(1);
}
