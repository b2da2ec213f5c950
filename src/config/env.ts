import { readFileSync } from "node:fs";
import { PORT_RANGE, readPortRange } from "../lib/choosePorts.ts";
import type { PortRange } from "../lib/choosePorts.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { contradictions, RELAYER_SETTINGS } from "./relayer.ts";
import type { RelayerSettings } from "./relayer.ts";
import { readSettings } from "./settings.ts";
import type { Setting, SettingValues } from "./settings.ts";
import { fileName, httpUrl, list, url } from "./types.ts";

const firstOf = (value: string): string => list(value)[0] ?? value;

function elsewhere(setting: Pick<Setting<string>, "env" | "meaning" | "type" | "fromText">): Setting<string | null> {
  return { ...setting, type: setting.type, fallback: { value: null } };
}

/** Where commands look for a stack, when their options do not say it. */
const COMMANDS = {
  data: {
    env: "FACTORYCHAIN_DATA",
    meaning: "data folder of the embedded stack",
    type: fileName,
    fallback: { value: ".factorychain" },
  } satisfies Setting<string>,
  rpcUrl: elsewhere({
    env: "FACTORYCHAIN_RPC_URL",
    meaning: "JSON-RPC of a node, in place of the stack's; of several, the first is taken",
    type: httpUrl,
    fromText: firstOf,
  }),
  mqttUrl: elsewhere({
    env: "FACTORYCHAIN_MQTT_URL",
    meaning: "broker that devices publish to, in place of the stack's",
    type: url("mqtt:", "mqtts:"),
  }),
  deployment: elsewhere({
    env: "FACTORYCHAIN_DEPLOYMENT",
    meaning: "deployment file, in place of the stack's",
    type: fileName,
  }),
};

/**
 * Reads a relayer's settings: from the environment, and from a configuration file where there is one.
 *
 * @param config name of the file; null: `FACTORYCHAIN_CONFIG`, or none
 * @throws FactoryChainError `settings` that lists everything that is missing, wrong or unknown; `settings-file`
 */
export function readRelayerSettings({ config }: { config: string | null }): RelayerSettings {
  const name = config ?? (process.env["FACTORYCHAIN_CONFIG"] || null);
  const file = name === null ? null : { name, value: parseJson(name) };
  return readSettings({ tree: RELAYER_SETTINGS, env: process.env, file, readSecret: readNamed, rules: contradictions });
}

/**
 * Reads what commands take from the environment.
 *
 * @throws FactoryChainError `settings` that lists everything that is wrong
 */
export function readCommandEnv(): SettingValues<typeof COMMANDS> {
  return readSettings({ tree: COMMANDS, env: process.env });
}

/**
 * Reads where free ports are looked for.
 *
 * @throws FactoryChainError `port-range`
 */
export function readPortRangeEnv(): PortRange {
  return readPortRange(process.env[PORT_RANGE]);
}

/** The environment of a child process: ours, without our own settings, and with what it is given. */
export function childEnvironment(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("FACTORYCHAIN_"));
  return { ...Object.fromEntries(others), ...settings };
}

function readNamed(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    throw new Error(`names the file ${name}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? "?"})`);
  }
}

function parseJson(name: string): unknown {
  try {
    return JSON.parse(readFileSync(name, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "is no JSON" : "cannot be read";
    throw new FactoryChainError("settings-file", `The configuration file ${name} ${why}.`, {
      expected: "a JSON object, in a file that this user may read",
      advice: "docs/operations/relayer.md shows one, and lists the settings.",
      cause,
    });
  }
}
