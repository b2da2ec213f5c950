import type { Setting, SettingValues } from "./settings.ts";
import { fileName, httpUrl, httpUrls, list, listenAddress, store, text, url } from "./types.ts";

/** A setting that must be given. */
function required<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/** A setting that may be left out. */
function optional<T>(setting: Setting<T>): Setting<T | null> {
  return { ...setting, type: setting.type, fallback: { value: null } };
}

/**
 * Everything that a relayer is told, each thing in one place: a member of the configuration file is named as here, its
 * variable in the environment as `env` says. docs/operations/relayer.md lists them.
 */
export const RELAYER_SETTINGS = {
  rpcUrl: required({
    env: "FACTORYCHAIN_RPC_URL",
    meaning: "JSON-RPC of the relayer's own node",
    type: httpUrl,
    secret: true,
  }),
  mqtt: {
    url: required({
      env: "FACTORYCHAIN_MQTT_URL",
      meaning: "broker that devices publish to",
      type: url("mqtt:", "mqtts:"),
      secret: true,
    }),
  },
  deployment: required({
    env: "FACTORYCHAIN_DEPLOYMENT",
    meaning: "deployment file that `npm run deploy` wrote",
    type: fileName,
  }),
  keyFile: required({
    env: "FACTORYCHAIN_KEY_FILE",
    meaning: "file with the relayer's private key, 0x-hex",
    type: fileName,
  }),
  store: required({
    env: "FACTORYCHAIN_STORE",
    meaning: "SQLite file or PostgreSQL database of the relayer",
    type: store,
    secret: true,
  }),
  listen: required({
    env: "FACTORYCHAIN_LISTEN",
    meaning: "host:port of the relayer's API",
    type: listenAddress,
  }),
  peers: required({
    env: "FACTORYCHAIN_PEERS",
    meaning: "URLs of the group's other relayers; in the variable with commas between",
    type: httpUrls,
    fromText: list,
  }),
  crashpoint: optional({
    env: "FACTORYCHAIN_CRASHPOINT",
    meaning: "tests and demo: kill the process when it first gets there",
    type: text,
  }),
};

/** A relayer's settings, checked. */
export type RelayerSettings = SettingValues<typeof RELAYER_SETTINGS>;
