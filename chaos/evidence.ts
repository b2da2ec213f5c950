import { execFile } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { promisify } from "node:util";
import { findGeth } from "../scripts/services/geth.ts";
import { findMosquitto } from "../scripts/services/mosquitto.ts";
import { findPostgres } from "../scripts/services/postgres.ts";
import { createRpc } from "../src/chain/rpc.ts";
import { anvilBinary } from "../src/node/anvil.ts";
import type { Means } from "./plan.ts";
import type { RunResult } from "./run.ts";

/** Milliseconds in which a node says what it is. */
const TIMEOUT = 10_000;

/**
 * A run's result as it is committed: with what it ran on.
 *
 * @param rpc one of the nodes of a chain of others; null: the chain was our own
 */
export async function evidenceOf(p: {
  result: RunResult;
  chain: string;
  rpc: string | null;
  means: Means;
}): Promise<object> {
  const path = process.env["PATH"] ?? "";
  const postgres = findPostgres(path);
  const [anvil, geth, mosquitto, server] = await Promise.all([
    versionOf(anvilBinary(), "--version"),
    versionOf(findGeth(process.env), "--version"),
    versionOf(findMosquitto(path), "-h"),
    versionOf(postgres === null ? null : `${postgres}/postgres`, "--version"),
  ]);
  const client =
    p.rpc === null ? {} : { client: await createRpc({ url: p.rpc, timeout: TIMEOUT })("web3_clientVersion", []) };
  const versions = { node: process.version, anvil, geth, mosquitto, postgres: server, ...client };
  const machine = {
    cores: cpus().length,
    gigabytes: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${process.arch}`,
  };
  return {
    ...p.result,
    chain: p.chain,
    means: p.means,
    versions,
    machine,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The first line of what a program says of itself; null: it is not there. Some say it with an exit code. */
async function versionOf(file: string | null, argument: string): Promise<string | null> {
  if (file === null) return null;
  const said = await promisify(execFile)(file, [argument]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return said.stdout.split("\n")[0] ?? null;
}
