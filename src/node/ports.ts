import { createServer } from "node:net";
import { readPortRangeEnv } from "../config/env.ts";
import { chooseOtherPorts } from "../lib/choosePorts.ts";
import { FactoryChainError } from "../lib/errors.ts";

/** Ports of a stack, all on the loopback interface. */
export interface Ports {
  rpc: number;
  mqtt: number;
  relayers: number[];
}

/** The ports of `npm start`. */
export const FIXED_PORTS: Ports = { rpc: 18545, mqtt: 11883, relayers: [18701, 18702, 18703] };

export const MEANING = { rpc: "the chain's JSON-RPC", mqtt: "the MQTT broker", relayers: "a relayer's API" };

/** How often a part is opened on one port after the other. */
const ATTEMPTS = 5;

/**
 * Five consecutive ports that nobody uses now.
 *
 * @throws FactoryChainError `no-free-ports`
 */
export async function freePorts(): Promise<Ports> {
  return portsFrom(await choose(5));
}

/**
 * A port that nobody uses now.
 *
 * @throws FactoryChainError `no-free-ports`
 */
export async function freePort(): Promise<number> {
  return await choose(1);
}

/**
 * Refuses ports that somebody else uses, before anything is started.
 *
 * @throws FactoryChainError `port-in-use`
 */
export async function requireFree(p: { ports: Ports }): Promise<void> {
  const wanted = [
    { port: p.ports.rpc, meaning: MEANING.rpc },
    { port: p.ports.mqtt, meaning: MEANING.mqtt },
    ...p.ports.relayers.map((port) => ({ port, meaning: MEANING.relayers })),
  ];
  const expected = `ports ${wanted.map((one) => one.port).join(", ")} free on 127.0.0.1`;
  for (const one of wanted) if (!(await isFree(one.port))) throw portInUse({ ...one, expected });
}

/**
 * Opens a part of the stack on a port. When somebody took that since it was chosen, and any port will do, it is opened
 * on another one.
 *
 * @param open throws `port-in-use` when the port is taken
 * @throws FactoryChainError `port-in-use`, and whatever else `open` throws
 */
export async function onPort<T>(p: {
  port: number;
  any: boolean;
  open: (port: number) => Promise<T>;
  another?: () => Promise<number>;
}): Promise<T> {
  const { another = freePort } = p;
  for (let port = p.port, attempt = 1; ; attempt++) {
    try {
      return await p.open(port);
    } catch (error) {
      const taken = error instanceof FactoryChainError && error.code === "port-in-use";
      if (!taken || !p.any || attempt === ATTEMPTS) throw error;
      port = await another();
    }
  }
}

/** Five ports from a first one on, in the order of `FIXED_PORTS`. */
export function portsFrom(first: number): Ports {
  return { rpc: first, mqtt: first + 1, relayers: [first + 2, first + 3, first + 4] };
}

/** What is said of a port that is taken. */
export function portInUse(p: { port: number; meaning: string; expected?: string; cause?: unknown }): FactoryChainError {
  return new FactoryChainError("port-in-use", `Port ${p.port}, for ${p.meaning}, is in use.`, {
    expected: p.expected ?? `port ${p.port} free on 127.0.0.1`,
    advice: `Stop the program that uses it (another stack? see: lsof -i :${p.port}), or choose others with --base-port.`,
    cause: p.cause,
  });
}

/** Whether a port of the loopback interface can be opened now. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function choose(count: number): Promise<number> {
  const range = readPortRangeEnv();
  const first = await chooseOtherPorts({ count, isFree, range });
  if (first !== null) return first;
  throw new FactoryChainError("no-free-ports", `No ${count} free ports in a row were found on 127.0.0.1.`, {
    advice: `See what listens on this machine's ports from ${range.first} to ${range.last}, or choose some with --base-port.`,
  });
}
