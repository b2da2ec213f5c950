import { FactoryChainError } from "../lib/errors.ts";

/** A number as it was written: 0.1 stays 0.1. */
export class JsonNumber {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }
}

export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

const MAX_DEPTH = 64;
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/**
 * Reads JSON (RFC 8259) so that it cannot be read in two ways: a name that stands twice in an object is refused, numbers
 * keep their literal text, and nesting is bounded.
 * @throws FactoryChainError `json-malformed`
 */
export function parseJson(text: string): JsonValue {
  TOKEN.lastIndex = 0;
  const value = readValue(text, next(text), 1);
  if (!/^[ \t\n\r]*$/.test(text.slice(TOKEN.lastIndex))) throw malformed("something follows the value");
  return value;
}

type Token = { text: string; kind: "mark" | "string" | "number" | "word" };

/** The sticky pattern is the reader's position: parsing is synchronous, and nothing else uses it. */
function next(text: string): Token {
  const match = TOKEN.exec(text);
  if (match === null) throw malformed("a value or a mark is missing");
  const [, mark, string, number, word] = match;
  if (mark !== undefined) return { text: mark, kind: "mark" };
  if (string !== undefined) return { text: string, kind: "string" };
  return number !== undefined ? { text: number, kind: "number" } : { text: word ?? "", kind: "word" };
}

function readValue(text: string, token: Token, depth: number): JsonValue {
  if (depth > MAX_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH}`);
  if (token.kind === "string") return JSON.parse(token.text) as string;
  if (token.kind === "number") return new JsonNumber(token.text);
  if (token.kind === "word") return token.text === "null" ? null : token.text === "true";
  if (token.text === "[") return readArray(text, depth);
  if (token.text === "{") return readObject(text, depth);
  throw malformed(`"${token.text}" stands where a value should be`);
}

function readArray(text: string, depth: number): JsonValue[] {
  const values: JsonValue[] = [];
  let token = next(text);
  if (token.text === "]" && token.kind === "mark") return values;
  for (;;) {
    values.push(readValue(text, token, depth + 1));
    if (endOfList(next(text), "]")) return values;
    token = next(text);
  }
}

function readObject(text: string, depth: number): JsonObject {
  const members: JsonObject = new Map();
  let token = next(text);
  if (token.text === "}" && token.kind === "mark") return members;
  for (;;) {
    if (token.kind !== "string") throw malformed("an object's member has no name");
    const name = JSON.parse(token.text) as string;
    if (members.has(name)) throw malformed(`the name ${token.text.slice(0, 60)} stands twice in one object`);
    if (next(text).text !== ":") throw malformed("a colon is missing");
    members.set(name, readValue(text, next(text), depth + 1));
    if (endOfList(next(text), "}")) return members;
    token = next(text);
  }
}

function endOfList(token: Token, end: string): boolean {
  if (token.kind === "mark" && token.text === end) return true;
  if (token.kind === "mark" && token.text === ",") return false;
  throw malformed("a comma is missing");
}

function malformed(what: string): FactoryChainError {
  return new FactoryChainError("json-malformed", `This is not the JSON that is expected: ${what}.`, {
    expected: "JSON with each name once",
  });
}
