import { z } from "zod";
import { CRASHPOINTS, parseCrashpoint } from "../lib/crashpoint.ts";
import type { CrashpointSetting } from "../lib/crashpoint.ts";

/** What settings may be: each type says in words (`describe`) how to write it. */

export const text = z.string().min(1).describe("a text");

export const fileName = z.string().min(1).describe("the name of a file");

export const fileNames = z.array(fileName).describe("a list of names of files");

/** A URL with one of these protocols. */
export function url(...protocols: string[]): z.ZodType<string> {
  const isOne = (value: string): boolean => URL.canParse(value) && protocols.includes(new URL(value).protocol);
  return z
    .string()
    .refine(isOne)
    .describe(`a URL with ${protocols.join(" or ")}`);
}

export const httpUrl = url("http:", "https:");

export const httpUrls = z.array(httpUrl).describe("a list of URLs with http: or https:");

export const someHttpUrls = httpUrls.min(1).describe("a list of one or more URLs with http: or https:");

/** Where a server listens. */
export interface ListenAddress {
  host: string;
  port: number;
}

export const listenAddress: z.ZodType<ListenAddress> = z
  .string()
  .transform((value, context) => {
    const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value);
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2];
    if (host !== undefined && port <= 65_535) return { host, port };
    context.addIssue("an address");
    return z.NEVER;
  })
  .describe("an address as host:port");

/** A file, or the URL of a database whose kind is known here; what else looks like a URL is no file name. */
export const store = z
  .string()
  .min(1)
  .refine((value) => {
    const known = ["sqlite:", "postgres:", "postgresql:"];
    const kind = /^[a-z][a-z0-9+.-]+:/i.exec(value)?.[0].toLowerCase();
    const whole = !kind?.startsWith("postgres") || (URL.canParse(value) && /^postgres(ql)?:\/\//.test(value));
    return kind === undefined || (known.includes(kind) && whole);
  })
  .describe("a file, sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE");

/** Where a relayer kills itself, as a text; a file may have it in no other form. */
export const crashpoint: z.ZodType<CrashpointSetting> = z
  .string()
  .transform((value, context) => {
    const setting = parseCrashpoint(value);
    if (setting !== null) return setting;
    context.addIssue("a step");
    return z.NEVER;
  })
  .describe(`one of ${CRASHPOINTS.join(", ")}, with or without :N`);

/** A whole number in this range. */
export function whole(p: { from: number; to: number }): z.ZodType<number> {
  return z.int().min(p.from).max(p.to).describe(`a whole number from ${p.from} to ${p.to}`);
}

/** A list in a variable: with commas between. */
export const list = (value: string): string[] =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
