import { z } from "zod";
import { FactoryChainError } from "../lib/errors.ts";

/** One setting, described once: a member of the configuration file, and a variable of the environment. */
export interface Setting<T> {
  /** Name of its variable. */
  env: string;
  meaning: string;
  /** What a member of the configuration file must be, and what becomes of it; `describe` says it in words. */
  type: z.ZodType<T>;
  /** The variable's text as the member that it stands for; default: the text itself. */
  fromText?: (text: string) => unknown;
  /** May hold a password: in a configuration file it is then the name of a file, `{"file": NAME}`. */
  secret?: boolean;
  /** What holds without it; absent: it must be given. */
  fallback?: { value: T; shown?: string };
}

/** Settings by name; related ones stand in an object of their own. */
export interface SettingTree {
  [name: string]: Setting<unknown> | SettingTree;
}

/** The values of a tree of settings. */
export type SettingValues<Tree> = {
  [Name in keyof Tree]: Tree[Name] extends Setting<infer T> ? T : SettingValues<Tree[Name]>;
};

/** Values of which some may be missing, because they were not good. */
export type PartialValues<Tree> = {
  [Name in keyof Tree]: Tree[Name] extends Setting<infer T> ? T | undefined : PartialValues<Tree[Name]>;
};

/** Settings with their full names, as `mqtt.url`. */
export function listSettings(tree: SettingTree, prefix = ""): { name: string; setting: Setting<unknown> }[] {
  return Object.entries(tree).flatMap(([key, node]) =>
    isSetting(node) ? [{ name: prefix + key, setting: node }] : listSettings(node, `${prefix}${key}.`),
  );
}

/**
 * Reads settings: a variable of the environment goes before a member of the file.
 *
 * @param file a configuration file's parsed JSON and its name; null without one
 * @param readSecret a file's text, for `{"file": NAME}`
 * @param rules what is wrong with values that are good each by itself; undefined stands for one that is not good
 * @throws FactoryChainError `settings` that lists everything that is missing, wrong or unknown
 */
export function readSettings<Tree extends SettingTree>(p: {
  tree: Tree;
  env: Record<string, string | undefined>;
  file?: { name: string; value: unknown } | null;
  readSecret?: (name: string) => string;
  rules?: (values: PartialValues<Tree>) => string[];
}): SettingValues<Tree> {
  const { tree, file = null } = p;
  const wrong = file === null ? [] : unknownMembers({ tree, value: file.value, name: file.name });
  const values: Record<string, unknown> = {};
  for (const { name, setting } of listSettings(tree)) {
    try {
      place(values, name, valueOf({ setting, given: givenBy({ ...p, name, setting, file }) }));
    } catch (error) {
      place(values, name, undefined);
      wrong.push(`${titleOf({ name, setting, file })} ${(error as Error).message} (${setting.meaning})`);
    }
  }
  wrong.push(...(p.rules?.(values as PartialValues<Tree>) ?? []));
  if (wrong.length === 0) return values as SettingValues<Tree>;
  const lines = wrong.map((line) => `- ${line}`).join("\n");
  throw new FactoryChainError("settings", `The settings cannot be used:\n${lines}`, {
    advice: "Correct these settings and start again.",
  });
}

/** What was given for a setting; undefined: nothing. */
function givenBy(p: {
  name: string;
  setting: Setting<unknown>;
  env: Record<string, string | undefined>;
  file: { name: string; value: unknown } | null;
  readSecret?: (name: string) => string;
}): unknown {
  const { setting, readSecret } = p;
  const text = p.env[setting.env];
  const fromText = setting.fromText ?? String;
  if (text !== undefined && text !== "") return fromText(text);
  const member = memberOf(p.file?.value, p.name);
  if (setting.secret !== true || member === undefined) return member;
  const reference = z.strictObject({ file: z.string().min(1) }).safeParse(member);
  if (reference.success && readSecret !== undefined) return fromText(readSecret(reference.data.file).trim());
  if (hasPassword(member)) throw new Error('holds a password: write it to a file of its own and give {"file": NAME}');
  return member;
}

function valueOf({ setting, given }: { setting: Setting<unknown>; given: unknown }): unknown {
  if (given === undefined) {
    if (setting.fallback !== undefined) return setting.fallback.value;
    throw new Error("is not set");
  }
  const parsed = setting.type.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`must be ${setting.type.description ?? "of another kind"}`);
}

function titleOf(p: { name: string; setting: Setting<unknown>; file: unknown }): string {
  return p.file === null ? p.setting.env : `${p.name} (${p.setting.env})`;
}

function unknownMembers(p: { tree: SettingTree; value: unknown; name: string; prefix?: string }): string[] {
  const { tree, value, name, prefix = "" } = p;
  if (!isObject(value)) return [`${prefix === "" ? name : prefix.slice(0, -1)} must be an object`];
  return Object.entries(value).flatMap(([key, member]) => {
    const node = Object.hasOwn(tree, key) ? tree[key] : undefined;
    if (node === undefined) return [`${prefix}${key} in ${name} is no setting`];
    return isSetting(node) ? [] : unknownMembers({ tree: node, value: member, name, prefix: `${prefix}${key}.` });
  });
}

function memberOf(value: unknown, name: string): unknown {
  return name
    .split(".")
    .reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

function place(values: Record<string, unknown>, name: string, value: unknown): void {
  const keys = name.split(".");
  const last = keys.pop() ?? name;
  const at = keys.reduce((node, key) => (node[key] ??= {}) as Record<string, unknown>, values);
  at[last] = value;
}

function hasPassword(member: unknown): boolean {
  return [member]
    .flat()
    .some((text) => typeof text === "string" && URL.canParse(text) && new URL(text).password !== "");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSetting(node: Setting<unknown> | SettingTree): node is Setting<unknown> {
  return node["type"] instanceof z.ZodType;
}
