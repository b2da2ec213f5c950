import { z } from "zod";
import type { PartialValues, Setting, SettingValues } from "./settings.ts";
import {
  crashpoint,
  fileName,
  fileNames,
  httpUrl,
  httpUrls,
  list,
  listenAddress,
  someHttpUrls,
  store,
  url,
  whole,
} from "./types.ts";

/** A setting that must be given. */
function required<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/** A setting that may be left out. */
function optional<T>(setting: Setting<T>): Setting<T | null> {
  return { ...setting, type: setting.type, fallback: { value: null } };
}

/** How much is kept; there is always a bound. */
function bound(name: string, value: number, meaning: string): Setting<number> {
  const type = whole({ from: 1, to: 999_999_999 });
  return { env: `FACTORYCHAIN_${name}`, meaning, type, fromText: Number, fallback: { value } };
}

/** Where one side of a TLS connection finds whom it trusts, and what it shows. */
function tlsFiles(p: { prefix: string; ca: string; cert: string }) {
  const file = (name: string, meaning: string) =>
    optional({ env: `FACTORYCHAIN_${p.prefix}_${name}`, meaning: `PEM file of ${meaning}`, type: fileName });
  return { ca: file("CA", p.ca), cert: file("CERT", p.cert), key: file("KEY", "that certificate's key") };
}

/**
 * Everything that a relayer is told, each thing in one place: a member of the configuration file is named as here, its
 * variable in the environment as `env` says. docs/operations/relayer.md lists them.
 */
export const RELAYER_SETTINGS = {
  rpcUrls: required({
    env: "FACTORYCHAIN_RPC_URL",
    meaning: "JSON-RPC of the relayer's own nodes, the preferred one first; in the variable with commas between",
    type: someHttpUrls,
    fromText: list,
    secret: true,
  }),
  finalityDepth: required({
    env: "FACTORYCHAIN_FINALITY_DEPTH",
    meaning: "blocks on top of a block that make it final; 0 on QBFT",
    type: whole({ from: 0, to: 999 }),
    fromText: Number,
    fallback: { value: 0 },
  }),
  mqtt: {
    url: required({
      env: "FACTORYCHAIN_MQTT_URL",
      meaning: "broker that devices publish to",
      type: url("mqtt:", "mqtts:"),
      secret: true,
    }),
    version: required({
      env: "FACTORYCHAIN_MQTT_VERSION",
      meaning: "version of MQTT in which the broker is spoken to",
      type: z.enum(["3.1.1", "5"]).describe("3.1.1 or 5"),
      fallback: { value: "3.1.1" },
    }),
    replica: optional({
      env: "FACTORYCHAIN_MQTT_REPLICA",
      meaning: "name of this process among those of one operator that all read the broker, each a share",
      type: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,32}$/)
        .describe("a name of letters, digits and hyphens, 32 at most"),
    }),
    ...tlsFiles({
      prefix: "MQTT",
      ca: "the CA of the broker's certificate; default: the CAs that Node trusts",
      cert: "the certificate that the relayer shows the broker",
    }),
  },
  retention: {
    refusedMessages: bound(
      "REFUSED_MESSAGES",
      20_000,
      "refused messages that are kept, and as many of those that devices signed",
    ),
    refusedMegabytes: bound("REFUSED_MB", 64, "megabytes that each of these take"),
    refusedDays: bound("REFUSED_DAYS", 90, "days for which they are kept"),
    settledDays: bound("SETTLED_DAYS", 30, "days for which the events of an order are kept after it was closed"),
  },
  deployment: required({
    env: "FACTORYCHAIN_DEPLOYMENT",
    meaning: "deployment file that `npm run deploy` wrote",
    type: fileName,
  }),
  keyFile: optional({
    env: "FACTORYCHAIN_KEY_FILE",
    meaning: "file with the relayer's key: a keystore (`factorychain relayer keys new`), or 0x-hex",
    type: fileName,
  }),
  keyPasswordFile: optional({
    env: "FACTORYCHAIN_KEY_PASSWORD_FILE",
    meaning: "file with the keystore's password",
    type: fileName,
  }),
  senderKeys: required({
    env: "FACTORYCHAIN_SENDER_KEYS",
    meaning: "files with keys of accounts that submit certificates; in the variable with commas between",
    type: fileNames,
    fromText: list,
    fallback: { value: [], shown: "the relayer's own account" },
  }),
  web3signer: {
    url: optional({
      env: "FACTORYCHAIN_WEB3SIGNER_URL",
      meaning: "web3signer that holds the relayer's key, in place of keyFile",
      type: httpUrl,
      secret: true,
    }),
    publicKey: optional({
      env: "FACTORYCHAIN_WEB3SIGNER_PUBLIC_KEY",
      meaning: "public key of the relayer's account there",
      type: z
        .string()
        .regex(/^(0x)?(04)?[0-9a-fA-F]{128}$/)
        .describe("an uncompressed secp256k1 key, 64 bytes in hex"),
    }),
    ...tlsFiles({
      prefix: "WEB3SIGNER",
      ca: "the CA of the web3signer's certificate; default: the CAs that Node trusts",
      cert: "the certificate that the relayer shows there",
    }),
    timeout: required({
      env: "FACTORYCHAIN_WEB3SIGNER_TIMEOUT",
      meaning: "seconds until a signature that did not come is asked for again",
      type: whole({ from: 1, to: 60 }),
      fromText: Number,
      fallback: { value: 5 },
    }),
  },
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
  metricsListen: optional({
    env: "FACTORYCHAIN_METRICS_LISTEN",
    meaning: "host:port for /metrics, with /health and /ready; without it /metrics is on listen",
    type: listenAddress,
  }),
  peers: required({
    env: "FACTORYCHAIN_PEERS",
    meaning:
      "URLs of the group's other relayers, with TLS each with #account=0x... of it; in the variable with commas between",
    type: httpUrls,
    fromText: list,
  }),
  operatorTokenFile: optional({
    env: "FACTORYCHAIN_OPERATOR_TOKEN_FILE",
    meaning: "file with the token that the operator's calls must carry; without it they must come from this machine",
    type: fileName,
  }),
  readyLag: required({
    env: "FACTORYCHAIN_READY_LAG",
    meaning: "seconds without a new block after which the relayer is not ready",
    type: whole({ from: 1, to: 86_400 }),
    fromText: Number,
    fallback: { value: 60 },
  }),
  logLevel: required({
    env: "FACTORYCHAIN_LOG_LEVEL",
    meaning: "least important lines in the log",
    type: z.enum(["info", "warn", "error"]).describe("info, warn or error"),
    fallback: { value: "info" as const },
  }),
  tls: {
    ...tlsFiles({
      prefix: "TLS",
      ca: "the CAs that peers' certificates are from",
      cert: "the certificate that the relayer shows to peers",
    }),
    listen: optional({
      env: "FACTORYCHAIN_PEER_LISTEN",
      meaning: "host:port at which peers get in, by mutual TLS",
      type: listenAddress,
    }),
  },
  crashpoint: optional({
    env: "FACTORYCHAIN_CRASHPOINT",
    meaning: "tests and demo: kill the process when it first gets there, with `:N` the N-th time",
    type: crashpoint,
  }),
};

/** A relayer's settings, checked. */
export type RelayerSettings = SettingValues<typeof RELAYER_SETTINGS>;

/** What is wrong with settings that are good each by itself; undefined stands for one that is not good. */
export function contradictions({ keyFile, web3signer, mqtt }: PartialValues<typeof RELAYER_SETTINGS>): string[] {
  const wrong: string[] = [];
  if ((keyFile === null) === (web3signer.url === null)) {
    wrong.push(
      "exactly one of keyFile (FACTORYCHAIN_KEY_FILE) and web3signer.url (FACTORYCHAIN_WEB3SIGNER_URL) must be set: " +
        "the relayer signs with one key",
    );
  }
  if (web3signer.url !== null && web3signer.publicKey === null) {
    wrong.push("web3signer.publicKey (FACTORYCHAIN_WEB3SIGNER_PUBLIC_KEY) is not set: web3signer may hold many keys");
  }
  for (const [name, { cert, key }] of Object.entries({ web3signer, mqtt })) {
    if ((cert === null) !== (key === null)) {
      wrong.push(`${name}.cert and ${name}.key go together: a certificate and its key`);
    }
  }
  if (mqtt.url?.startsWith("mqtt:") && [mqtt.ca, mqtt.cert].some((name) => typeof name === "string")) {
    wrong.push("mqtt.url (FACTORYCHAIN_MQTT_URL) is not mqtts: certificates would not be used");
  }
  return wrong;
}
