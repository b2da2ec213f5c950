import { createProvider } from "../chain/provider.ts";
import type { RpcProvider } from "../chain/provider.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { Clock } from "../lib/retry.ts";
import { anvilBinary } from "./anvil.ts";
import { hasEnded, kill, spawnOnLeash } from "./leash.ts";
import { everySecond, isBlockDue } from "./miner.ts";
import { isFree, MEANING, portInUse } from "./ports.ts";
import { createStateFile } from "./stateFile.ts";

/** Longest start, in milliseconds: a large state takes seconds to load. */
const PATIENCE = 60_000;
/** The state is saved when the head moved, at most so often, in milliseconds. */
const SAVE = 900;
/** Time for what a program that has ended said last, in milliseconds. */
const LAST_WORDS = 1_000;
/** What anvil says when somebody else has its port. */
const PORT_TAKEN = /address (already )?in use/i;
/** States of past blocks that are kept in memory; the runtime reads only recent ones. */
const KEPT_STATES = 256;

export const EMBEDDED_CHAIN_ID = 31_337;

export interface EmbeddedChain {
  url: string;
  provider: RpcProvider;
  /** Saves the state now, and from now on whenever the head moves. */
  keepState(): Promise<void>;
  /** From now on blocks come by the clock, not with each transaction. */
  keepTime(): Promise<void>;
  /** Something happened outside of the chain that it will soon be needed for. */
  wake(): void;
  /** Saves the state and stops. */
  stop(): Promise<void>;
}

/**
 * Starts anvil as a chain without fees that keeps its state over restarts. Until `keepTime` each transaction is a block.
 *
 * @param stateFile null: nothing is kept
 * @param died told when the chain ends by itself
 * @throws FactoryChainError `chain-not-started`, `port-in-use`
 */
export async function startChain(p: {
  port: number;
  stateFile: string | null;
  clock: Clock;
  died: (error: FactoryChainError) => void;
  failed: (error: unknown) => void;
}): Promise<EmbeddedChain> {
  // Who has the port may be a chain as well, and would answer in the place of ours.
  if (!(await isFree(p.port))) throw portInUse({ port: p.port, meaning: MEANING.rpc });
  const state = p.stateFile === null ? null : createStateFile({ file: p.stateFile });
  const loading = state?.unpack() ?? null;
  const now = Math.floor(p.clock.now() / 1000);
  const genesis = state?.genesisTime(now) ?? now;
  const child = spawnOnLeash({ file: anvilBinary(), args: anvilArguments({ port: p.port, loading, genesis }) });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-2_000)));

  const url = `http://127.0.0.1:${p.port}`;
  const provider = createProvider({ url });
  const ask = async (method: string, params: unknown[] = []) => await provider.send(method, params);
  const allSaid = new Promise((resolve) => child.stderr?.once("close", resolve));

  async function notStarted(cause: unknown): Promise<FactoryChainError> {
    await kill(child);
    await Promise.race([allSaid, p.clock.sleep(LAST_WORDS)]);
    if (PORT_TAKEN.test(said)) return portInUse({ port: p.port, meaning: MEANING.rpc, cause });
    return chainNotStarted({ said, cause });
  }

  try {
    await untilUp({ ask, clock: p.clock, ended: () => hasEnded(child) });
  } catch (cause) {
    throw await notStarted(cause);
  }
  state?.loaded();
  // anvil counts on from the genesis' time; a machine whose clock was set back must not take the chain's time back.
  const head = (await ask("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  await ask("evm_setTime", [Math.max(Math.floor(p.clock.now() / 1000), Number(head.timestamp))]);
  await ask("evm_setAutomine", [true]);

  // As it would be if somebody took the port since.
  if (hasEnded(child)) throw await notStarted(said);
  let stopping = false;
  child.once("exit", () => {
    if (!stopping) p.died(new FactoryChainError("chain-died", "The embedded chain ended by itself.", { cause: said }));
  });

  let saving = false;
  let saved = { head: "", at: 0 };
  async function save(): Promise<void> {
    const head = (await ask("eth_blockNumber")) as string;
    if (state === null || head === saved.head) return;
    state.write((await ask("anvil_dumpState")) as string);
    saved = { head, at: p.clock.now() };
  }

  let byTheClock = false;
  let lastActivity = p.clock.now();
  let lastBlock = 0;
  async function mineIfDue(): Promise<void> {
    const pending = Number(((await ask("txpool_status")) as { pending: string }).pending);
    const now = p.clock.now();
    if (pending > 0) lastActivity = now;
    if (!isBlockDue({ now, lastBlock, lastActivity, pending })) return;
    await ask("evm_mine");
    lastBlock = now;
  }

  const ticking = everySecond({
    async tick() {
      if (byTheClock) await mineIfDue();
      // Also when the clock was set back.
      if (saving && Math.abs(p.clock.now() - saved.at) >= SAVE) await save();
    },
    failed: p.failed,
    clock: p.clock,
  });
  return {
    url,
    provider,
    async keepState() {
      saving = true;
      await save();
    },
    async keepTime() {
      await ask("evm_setAutomine", [false]);
      byTheClock = true;
    },
    wake: () => (lastActivity = p.clock.now()),
    async stop() {
      stopping = true;
      await ticking.stop();
      try {
        if (saving && !hasEnded(child)) await save();
      } finally {
        await kill(child);
      }
    },
  };
}

function anvilArguments(p: { port: number; loading: string | null; genesis: number }): string[] {
  const load = p.loading === null ? [] : ["--load-state", p.loading];
  const free = ["--gas-price", "0", "--block-base-fee-per-gas", "0"];
  const fixed = ["--chain-id", String(EMBEDDED_CHAIN_ID), "--hardfork", "osaka", "--accounts", "0", "--order", "fifo"];
  const small = ["--no-mining", "--prune-history", String(KEPT_STATES), "--quiet", "--no-cors"];
  return [
    "--host",
    "127.0.0.1",
    "--port",
    String(p.port),
    "--timestamp",
    String(p.genesis),
    ...fixed,
    ...free,
    ...small,
    ...load,
  ];
}

async function untilUp(p: {
  ask: (method: string) => Promise<unknown>;
  clock: Clock;
  ended: () => boolean;
}): Promise<void> {
  const started = p.clock.now();
  for (;;) {
    try {
      await p.ask("eth_chainId");
      return;
    } catch (error) {
      if (p.ended() || p.clock.now() - started > PATIENCE) throw error;
      await p.clock.sleep(15);
    }
  }
}

function chainNotStarted(p: { said: string; cause: unknown }): FactoryChainError {
  const why = p.said.trim().split("\n").at(-1);
  return new FactoryChainError("chain-not-started", `The embedded chain did not start${why ? `: ${why}` : "."}`, {
    advice: "See whether its port is free and the data folder can be written, then start again.",
    cause: p.cause,
  });
}
