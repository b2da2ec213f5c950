import { toUtf8Bytes } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { fromBase64url } from "./base64url.ts";
import { parseJson, type JsonObject } from "./json.ts";

/** A message as it was on the broker. */
export interface RecordedMessage {
  topic: string;
  payload: Uint8Array;
}

const MEMBERS = new Set(["topic", "payload", "encoding"]);

/**
 * Reads a recorded stream: JSON Lines, one message each, `{"topic", "payload", "encoding": "utf8" | "base64url"}`. Empty
 * lines are skipped. The messages themselves are not looked into.
 * @throws FactoryChainError `stream-invalid` with the number of the line
 */
export function parseRecordedStream(text: string): RecordedMessage[] {
  const lines = (text.startsWith("\ufeff") ? text.slice(1) : text).split(/\r?\n/);
  return lines.flatMap((line, index) => (line.trim() === "" ? [] : [readMessage(line, index + 1)]));
}

function readMessage(line: string, at: number): RecordedMessage {
  const message = readObject(line, at);
  const [topic, payload, encoding] = ["topic", "payload", "encoding"].map((name) => message.get(name));
  if (message.size !== MEMBERS.size || typeof topic !== "string" || typeof payload !== "string") throw invalid(at);
  // What may not stand in a topic to publish to (MQTT 3.1.1, section 4.7).
  if (topic === "" || /[#+\u0000]/.test(topic)) throw invalid(at);
  const bytes =
    encoding === "utf8"
      ? toUtf8Bytes(payload.toWellFormed())
      : encoding === "base64url"
        ? fromBase64url(payload)
        : null;
  if (bytes === null) throw invalid(at);
  return { topic, payload: bytes };
}

function readObject(line: string, at: number): JsonObject {
  try {
    const value = parseJson(line);
    if (value instanceof Map) return value;
  } catch (cause) {
    throw invalid(at, cause);
  }
  throw invalid(at);
}

function invalid(line: number, cause?: unknown): FactoryChainError {
  return new FactoryChainError("stream-invalid", `Line ${line} of the recorded stream is no message.`, {
    expected: '{"topic": "...", "payload": "...", "encoding": "utf8" or "base64url"}, one a line',
    ...(cause === undefined ? {} : { cause }),
  });
}
