// A PostgreSQL server of our own, from the programs that the machine has: for tests, and for who develops.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { answers, freePorts } from "./ports.ts";
import { createServerProcess, isProgram } from "./server.ts";

export interface PostgresServer {
  /** Of the database `postgres`, with the password. */
  url: string;
  /** Ends it and keeps its data. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port with the same data. */
  start(): Promise<void>;
}

const USER = "factorychain";
/** Longest start, in milliseconds. */
const PATIENCE = 60_000;
/** Where Debian, Homebrew and others put the programs; several versions may be there. */
const PLACES = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"];

/** The folder with `initdb` and `postgres`, from PATH or where packages put them; null when there is none. */
export function findPostgres(path: string): string | null {
  const packaged = PLACES.filter((place) => existsSync(place)).flatMap((place) =>
    readdirSync(place)
      .filter((name) => /^(postgresql@)?\d+$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, "")) - Number(a.replace(/\D/g, "")))
      .map((name) => join(place, name, "bin")),
  );
  const whole = (folder: string): boolean => ["initdb", "postgres"].every((name) => isProgram(join(folder, name)));
  return [...path.split(delimiter), ...packaged].find((folder) => folder !== "" && whole(folder)) ?? null;
}

/**
 * Starts a server on 127.0.0.1. Its data is made when the folder is empty or missing. PostgreSQL does not run as root:
 * then it runs as the user `postgres` (or `nobody`), to whom the folder is given.
 *
 * @param folder for data and password; those who are not this user see nothing of it
 * @param settings of the server, such as `max_connections`
 */
export async function startPostgres(p: {
  bin: string;
  folder: string;
  port?: number;
  settings?: Record<string, string>;
}): Promise<PostgresServer> {
  const data = join(p.folder, "data");
  const secret = join(p.folder, "password");
  const user = unprivileged();
  if (!existsSync(join(data, "PG_VERSION"))) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(p.folder, { recursive: true, mode: 0o700 });
    writeFileSync(secret, randomBytes(16).toString("hex"), { mode: 0o600 });
    if (user.uid !== undefined && user.gid !== undefined) {
      chownSync(p.folder, user.uid, user.gid);
      chownSync(secret, user.uid, user.gid);
    }
    const access = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", secret];
    const args = ["--pgdata", data, ...access, "--encoding", "UTF8", "--no-locale", "--no-sync"];
    execFileSync(join(p.bin, "initdb"), args, { ...user, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  }
  const [port = 0] = p.port === undefined ? await freePorts({ count: 1 }) : [p.port];
  const settings = { port, listen_addresses: "127.0.0.1", unix_socket_directories: "", ...p.settings };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${String(value)}`]);
  const { start, end } = createServerProcess({
    name: "PostgreSQL",
    folder: p.folder,
    command: [join(p.bin, "postgres"), "-D", data, ...args],
    isUp: async (said) => said.includes("ready to accept connections") && (await answers(port)),
    patience: PATIENCE,
    left: "SIGQUIT",
    options: { ...user, cwd: "/" },
  });
  await start();
  const password = readFileSync(secret, "utf8");
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${String(port)}/postgres`,
    start,
    // Sessions are ended and data is written; or at once, as a crash.
    stop: () => end("SIGINT"),
    kill: () => end("SIGQUIT"),
  };
}

/** Who runs the server: this user, unless it is root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (user === undefined) throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody.");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
