import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { FactoryChainError } from "../lib/errors.ts";

/** Ports of a stack, all on the loopback interface. */
export interface Ports {
  rpc: number;
  mqtt: number;
  relayers: number[];
}

/** The ports of `npm start`. */
export const FIXED_PORTS: Ports = { rpc: 18545, mqtt: 11883, relayers: [18701, 18702, 18703] };

const MEANING = { rpc: "the chain's JSON-RPC", mqtt: "the MQTT broker", relayers: "a relayer's API" };

/** Ports that nobody uses now. */
export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(Array.from({ length: 5 }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [rpc = 0, mqtt = 0, ...relayers] = ports;
  return { rpc, mqtt, relayers };
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
  for (const { port, meaning } of wanted) {
    try {
      const server = await listen(port);
      await new Promise((resolve) => server.close(resolve));
    } catch (cause) {
      throw new FactoryChainError("port-in-use", `Port ${port}, for ${meaning}, is in use.`, {
        expected: `ports ${wanted.map((one) => one.port).join(", ")} free on 127.0.0.1`,
        advice: `Stop the program that uses it (another stack? see: lsof -i :${port}), or choose others with --base-port.`,
        cause,
      });
    }
  }
}

/** Five ports from a first one on, in the order of `FIXED_PORTS`. */
export function portsFrom(first: number): Ports {
  return { rpc: first, mqtt: first + 1, relayers: [first + 2, first + 3, first + 4] };
}

function listen(port: number) {
  const server = createServer();
  return new Promise<typeof server>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}
