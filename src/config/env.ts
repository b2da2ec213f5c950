import { FactoryChainError } from "../lib/errors.ts";

/** A setting that comes from the environment: what it means, how it is read, and what holds without it. */
interface Variable<T> {
  meaning: string;
  parse: (text: string) => T;
  /** Absent: the variable must be set. */
  fallback?: T;
}

const text = (value: string): string => value;

const url =
  (...protocols: string[]) =>
  (value: string): string => {
    const protocol = URL.canParse(value) ? new URL(value).protocol : "";
    if (!protocols.includes(protocol)) throw new Error(`a URL with ${protocols.join(" or ")}`);
    return value;
  };

const httpUrl = url("http:", "https:");

function listenAddress(value: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535) throw new Error("an address as host:port");
  return { host: match[1], port };
}

/** A file, or the URL of a database whose kind is known here; what else looks like a URL is no file name. */
function store(value: string): string {
  const known = ["sqlite:", "postgres:", "postgresql:"];
  const kind = /^[a-z][a-z0-9+.-]+:/i.exec(value)?.[0].toLowerCase();
  const whole = !kind?.startsWith("postgres") || (URL.canParse(value) && /^postgres(ql)?:\/\//.test(value));
  if (kind !== undefined && !(known.includes(kind) && whole))
    throw new Error("a file, sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  return value;
}

const list = (value: string): string[] => value.split(",").filter((part) => part !== "");

function httpUrls(value: string): [string, ...string[]] {
  const [first, ...others] = list(value).map((part) => httpUrl(part.trim()));
  if (first === undefined) throw new Error("a URL with http: or https:");
  return [first, ...others];
}

/** Certificates live for 300 s after their block: final must be sooner. */
function depth(value: string): number {
  if (!/^\d{1,3}$/.test(value)) throw new Error("a whole number of blocks from 0 to 999");
  return Number(value);
}

/** Everything that a relayer's process takes from its environment. */
const RELAYER = {
  rpcUrls: variable("FACTORYCHAIN_RPC_URL", {
    meaning: "JSON-RPC of the relayer's own nodes, with commas between, the preferred one first",
    parse: httpUrls,
  }),
  finalityDepth: variable("FACTORYCHAIN_FINALITY_DEPTH", {
    meaning: "blocks on top of a block that make it final; 0 on QBFT",
    parse: depth,
    fallback: 0,
  }),
  senderKeys: variable("FACTORYCHAIN_SENDER_KEYS", {
    meaning: "files with keys of accounts that submit certificates, with commas between; default: the relayer's key",
    parse: list,
    fallback: [] as string[],
  }),
  mqttUrl: variable("FACTORYCHAIN_MQTT_URL", {
    meaning: "broker that devices publish to",
    parse: url("mqtt:", "mqtts:"),
  }),
  deployment: variable("FACTORYCHAIN_DEPLOYMENT", {
    meaning: "deployment file that `npm run deploy` wrote",
    parse: text,
  }),
  keyFile: variable("FACTORYCHAIN_KEY_FILE", { meaning: "file with the relayer's private key, 0x-hex", parse: text }),
  store: variable("FACTORYCHAIN_STORE", { meaning: "SQLite file or PostgreSQL database of the relayer", parse: store }),
  listen: variable("FACTORYCHAIN_LISTEN", { meaning: "host:port of the relayer's API", parse: listenAddress }),
  peers: variable("FACTORYCHAIN_PEERS", {
    meaning: "URLs of the group's other relayers, with commas between",
    parse: (value) => list(value).map(httpUrl),
  }),
  crashpoint: variable("FACTORYCHAIN_CRASHPOINT", {
    meaning: "tests and demo: kill the process when it first gets there",
    parse: text,
    fallback: null as string | null,
  }),
};

/** Where commands look for a stack, when their options do not say it. */
const COMMANDS = {
  data: variable("FACTORYCHAIN_DATA", {
    meaning: "data folder of the embedded stack",
    parse: text,
    fallback: ".factorychain",
  }),
  rpcUrl: variable("FACTORYCHAIN_RPC_URL", {
    meaning: "JSON-RPC of a node, in place of the stack's; of several, the first is taken",
    parse: (value) => httpUrls(value)[0],
    fallback: null as string | null,
  }),
  mqttUrl: variable("FACTORYCHAIN_MQTT_URL", {
    meaning: "broker that devices publish to, in place of the stack's",
    parse: url("mqtt:", "mqtts:"),
    fallback: null as string | null,
  }),
  deployment: variable("FACTORYCHAIN_DEPLOYMENT", {
    meaning: "deployment file, in place of the stack's",
    parse: text,
    fallback: null as string | null,
  }),
};

type Settings<T> = { [Name in keyof T]: T[Name] extends { parse: (text: string) => infer V } ? V : never };

/**
 * Reads a relayer's settings.
 *
 * @throws FactoryChainError `environment` that lists everything that is missing or wrong
 */
export function readRelayerEnv(): Settings<typeof RELAYER> & { crashpoint: string | null } {
  return read(RELAYER);
}

/**
 * Reads what commands take from the environment.
 *
 * @throws FactoryChainError `environment` that lists everything that is wrong
 */
export function readCommandEnv(): Settings<typeof COMMANDS> {
  return read(COMMANDS);
}

/** The environment of a child process: ours, without our own settings, and with what it is given. */
export function childEnvironment(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("FACTORYCHAIN_"));
  return { ...Object.fromEntries(others), ...settings };
}

function variable<T>(name: string, rest: Variable<T>): Variable<T> & { name: string } {
  return { name, ...rest };
}

function read<T extends Record<string, Variable<unknown> & { name: string }>>(variables: T): Settings<T> {
  const settings: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [key, { name, meaning, parse, ...rest }] of Object.entries(variables)) {
    const value = process.env[name];
    if (value === undefined || value === "") {
      if ("fallback" in rest) settings[key] = rest.fallback;
      else wrong.push(`${name} is not set (${meaning})`);
      continue;
    }
    try {
      settings[key] = parse(value);
    } catch (error) {
      wrong.push(`${name} must be ${(error as Error).message} (${meaning})`);
    }
  }
  if (wrong.length > 0) {
    throw new FactoryChainError("environment", `The environment is not complete: ${wrong.join("; ")}.`, {
      advice: "Set these variables and start again.",
    });
  }
  return settings as Settings<T>;
}
