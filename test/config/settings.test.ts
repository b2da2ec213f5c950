import { readFileSync } from "node:fs";
import { expect } from "chai";
import { contradictions, RELAYER_SETTINGS } from "../../src/config/relayer.ts";
import { listSettings, readSettings } from "../../src/config/settings.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";

const GOOD = {
  rpcUrls: ["http://127.0.0.1:8545", "http://127.0.0.1:8546"],
  mqtt: { url: "mqtts://broker.example:8883" },
  deployment: "deployment.json",
  keyFile: "relayer.key",
  store: "relayer.sqlite",
  listen: "[::1]:8701",
  peers: ["https://two.example:8701", "https://three.example:8701"],
};
const VARIABLES = {
  FACTORYCHAIN_RPC_URL: GOOD.rpcUrls.join(", "),
  FACTORYCHAIN_MQTT_URL: GOOD.mqtt.url,
  FACTORYCHAIN_DEPLOYMENT: GOOD.deployment,
  FACTORYCHAIN_KEY_FILE: GOOD.keyFile,
  FACTORYCHAIN_STORE: GOOD.store,
  FACTORYCHAIN_LISTEN: GOOD.listen,
  FACTORYCHAIN_PEERS: GOOD.peers.join(","),
};

const EITHER_KEY =
  "- exactly one of keyFile (FACTORYCHAIN_KEY_FILE) and web3signer.url (FACTORYCHAIN_WEB3SIGNER_URL) must be set: " +
  "the relayer signs with one key";

function read(value: unknown, env: Record<string, string> = {}, secrets: Record<string, string> = {}) {
  return readSettings({
    tree: RELAYER_SETTINGS,
    rules: contradictions,
    env,
    file: value === null ? null : { name: "relayer.json", value },
    readSecret: (name) => {
      const secret = secrets[name];
      if (secret === undefined) throw new Error(`names the file ${name}, which is not there`);
      return secret;
    },
  });
}

/** The complaints about settings, one each. */
function complaints(...given: Parameters<typeof read>): string[] {
  try {
    read(...given);
  } catch (error) {
    const { code, message } = error as FactoryChainError;
    expect(code).to.equal("settings");
    return message.split("\n").slice(1);
  }
  throw new Error("Nothing was wrong.");
}

describe("a relayer's settings", () => {
  it("come from a file, from the environment, or from both, where the environment goes before", () => {
    const all = read(GOOD);
    expect(all.mqtt.url).to.equal(GOOD.mqtt.url);
    expect(all.listen).to.deep.equal({ host: "::1", port: 8701 });
    expect(all.crashpoint).to.equal(null);
    expect(read(null, VARIABLES)).to.deep.equal(all);
    expect(read(GOOD, { FACTORYCHAIN_STORE: "other.sqlite", FACTORYCHAIN_RPC_URL: "" })).to.deep.equal({
      ...all,
      store: "other.sqlite",
    });
  });

  it("are refused with everything that is wrong at once", () => {
    const wrong = complaints(
      { ...GOOD, listen: "8701", peers: "https://two.example", store: "mysql://db", colour: "red", mqtt: { uri: "x" } },
      { FACTORYCHAIN_RPC_URL: "ftp://node" },
    );
    expect(wrong).to.have.length(7);
    expect(wrong.slice(0, 2)).to.deep.equal([
      "- mqtt.uri in relayer.json is no setting",
      "- colour in relayer.json is no setting",
    ]);
    expect(wrong[2]).to.equal(
      "- rpcUrls (FACTORYCHAIN_RPC_URL) must be a list of one or more URLs with http: or https: (JSON-RPC of the " +
        "relayer's own nodes, the preferred one first; in the variable with commas between)",
    );
    expect(wrong[3]).to.match(/^- mqtt\.url \(FACTORYCHAIN_MQTT_URL\) is not set/);
    expect(wrong.slice(4).map((line) => line.split(" ")[1])).to.deep.equal(["store", "listen", "peers"]);
  });

  it("say what each missing variable means", () => {
    const needed = Object.keys(VARIABLES).filter((name) => name !== "FACTORYCHAIN_KEY_FILE");
    const missing = complaints(null);
    for (const [i, name] of needed.entries()) expect(missing[i]).to.include(`${name} is not set (`);
    expect(missing.slice(needed.length)).to.deep.equal([EITHER_KEY]);
  });

  it("name one key: a file, or a web3signer with the account's public key", () => {
    const web3signer = { url: "https://signer.example:9000", publicKey: "ab".repeat(64) };
    expect(read({ ...GOOD, keyFile: undefined, web3signer }).web3signer.timeout).to.equal(5);
    expect(complaints({ ...GOOD, web3signer })).to.deep.equal([EITHER_KEY]);
    const url = web3signer.url;
    const without = complaints({ ...GOOD, keyFile: undefined, web3signer: { url, cert: "client.pem" } });
    expect(without).to.have.length(2);
    expect(without[0]).to.include("web3signer.publicKey (FACTORYCHAIN_WEB3SIGNER_PUBLIC_KEY) is not set");
    expect(without[1]).to.include("go together");
    const wrong = complaints({ ...GOOD, keyFile: undefined, web3signer: { url, publicKey: "ab", timeout: 0 } });
    expect(wrong.map((line) => line.split(" ")[1])).to.deep.equal(["web3signer.publicKey", "web3signer.timeout"]);
  });

  it("show a broker a certificate with its key, over TLS only", () => {
    const [ca, cert, key] = ["ca.pem", "relayer.pem", "relayer.pem.key"];
    const { mqtt } = read({ ...GOOD, mqtt: { ...GOOD.mqtt, ca, cert, key, version: "5", replica: "a" } });
    expect(mqtt).to.include({ ca, cert, key, version: "5", replica: "a" });
    expect(read(GOOD).mqtt).to.include({ version: "3.1.1", replica: null });
    const [together] = complaints({ ...GOOD, mqtt: { ...GOOD.mqtt, cert } });
    expect(together).to.include("mqtt.cert and mqtt.key go together");
    const plain = complaints({ ...GOOD, mqtt: { url: "mqtt://broker.example", ca } });
    expect(plain[0]).to.include("certificates would not be used");
    const wrong = complaints({
      ...GOOD,
      mqtt: { ...GOOD.mqtt, version: "4", replica: "a/b" },
      retention: { refusedDays: 0 },
    });
    expect(wrong.map((line) => line.split(" ")[1])).to.deep.equal([
      "mqtt.version",
      "mqtt.replica",
      "retention.refusedDays",
    ]);
  });

  it("take no object of another kind", () => {
    expect(complaints([])[0]).to.equal("- relayer.json must be an object");
    expect(complaints({ ...GOOD, mqtt: "mqtt://broker" })[0]).to.equal("- mqtt must be an object");
    expect(complaints({ ...GOOD, toString: 1 })).to.deep.equal(["- toString in relayer.json is no setting"]);
  });

  it("hold no password in the file, and name the file that does", () => {
    const store = "postgres://relayer:hush@db.example/relayer";
    const [refusal = "", ...others] = complaints({ ...GOOD, store });
    expect(others).to.deep.equal([]);
    expect(refusal).to.include("store (FACTORYCHAIN_STORE) holds a password").and.not.include("hush");
    expect(read({ ...GOOD, store: { file: "store.url" } }, {}, { "store.url": `${store}\n` }).store).to.equal(store);
    const nodes = read(
      { ...GOOD, rpcUrls: { file: "rpc.urls" } },
      {},
      { "rpc.urls": "https://me:hush@one,https://two\n" },
    );
    expect(nodes.rpcUrls).to.deep.equal(["https://me:hush@one", "https://two"]);
    expect(complaints({ ...GOOD, store: { file: "gone" } })[0]).to.include("names the file gone, which is not there");
    expect(complaints({ ...GOOD, store: { file: "bad" } }, {}, { bad: "mysql://u:hush@db" })[0]).to.not.include("hush");
    expect(complaints({ ...GOOD, listen: { file: "store.url" } }, {}, { "store.url": "x" })[0]).to.include("host:port");
  });

  it("have one name and one variable each", () => {
    const all = listSettings(RELAYER_SETTINGS);
    expect(new Set(all.map(({ name }) => name)).size).to.equal(all.length);
    expect(new Set(all.map(({ setting }) => setting.env)).size).to.equal(all.length);
    for (const { name, setting } of all) {
      expect(setting.type.description, name).to.be.a("string");
      expect(setting.env).to.match(/^FACTORYCHAIN_[A-Z0-9_]+$/);
    }
  });

  it("stand in the operator's page, each as it is", () => {
    const page = readFileSync(new URL("../../docs/operations/relayer.md", import.meta.url), "utf8");
    const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim().replace(/^`|`$/g, "")));
    for (const { name, setting } of listSettings(RELAYER_SETTINGS)) {
      const [, , env, meaning, type] = rows.find((cells) => cells[1] === name) ?? [];
      expect([env, meaning, type], name).to.deep.equal([setting.env, setting.meaning, setting.type.description]);
    }
  });
});
