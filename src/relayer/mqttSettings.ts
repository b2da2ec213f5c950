import { readFileSync } from "node:fs";
import type { RelayerSettings } from "../config/relayer.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { MqttSettings } from "./mqtt.ts";

/**
 * How a relayer reads its broker: alone, in a session that goes with its key; or as one of several replicas, each in a
 * session of its own.
 *
 * @throws FactoryChainError `mqtt-settings`
 */
export function mqttSettings(p: {
  settings: RelayerSettings["mqtt"];
  /** The relayer's, 0x-hex. */
  address: string;
}): MqttSettings {
  const { address } = p;
  const { url, version, replica, ca, cert, key } = p.settings;
  const files = { ca, cert, key };
  const tls = Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === null ? [] : [[name, readPem(file)]])),
  );
  return {
    url,
    version: version === "5" ? 5 : 4,
    clientId: replica === null ? `relayer-${address}` : `relayer-${address}-${replica}`,
    share: replica === null ? null : address,
    tls,
  };
}

function readPem(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (/-----BEGIN [A-Z ]+-----/.test(text)) return text;
  } catch (error) {
    throw wrong(`The file ${file} cannot be read: ${(error as Error).message}.`);
  }
  throw wrong(`The file ${file} holds no PEM.`);
}

function wrong(message: string): FactoryChainError {
  return new FactoryChainError("mqtt-settings", message, {
    expected: "PEM files of the broker's CA, and of the relayer's certificate and key",
    advice: "Correct mqtt.ca, mqtt.cert and mqtt.key (FACTORYCHAIN_MQTT_CA, _CERT, _KEY) and start again.",
  });
}
