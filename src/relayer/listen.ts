import type { FastifyInstance } from "fastify";
import type { ListenAddress } from "../config/types.ts";
import { FactoryChainError } from "../lib/errors.ts";

/** What keeps a server from its address, in words. */
const WHY: Record<string, { why: string; advice: string }> = {
  EADDRINUSE: {
    why: "another program has it",
    advice: "Stop that program (ss -ltnp shows it), or choose another port. A second relayer needs its own.",
  },
  EACCES: { why: "this user may not open it", advice: "Choose a port from 1024 on." },
  EADDRNOTAVAIL: {
    why: "this machine does not have the address",
    advice: "Choose an address of this machine (ip address shows them), or 0.0.0.0 for all.",
  },
  ENOTFOUND: { why: "nobody knows the name", advice: "Use an address of this machine, or correct its name." },
};

/**
 * Opens a server at an address.
 *
 * @param setting that says where
 * @throws FactoryChainError `listen`
 */
export async function listenAt(p: { app: FastifyInstance; address: ListenAddress; setting: string }): Promise<void> {
  const { host, port } = p.address;
  try {
    await p.app.listen({ host, port });
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const { why, advice } = WHY[code] ?? { why: message, advice: `Correct ${p.setting}.` };
    throw new FactoryChainError("listen", `The relayer cannot listen at ${host}:${port} (${p.setting}): ${why}.`, {
      advice,
      cause,
    });
  }
}
