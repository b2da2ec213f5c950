import { Agent, buildConnector, fetch as undiciFetch } from "undici";
import { isOf } from "./peerBook.ts";
import type { Peer } from "./peerBook.ts";
import type { Credentials } from "./tls.ts";

/** Milliseconds for TCP and TLS together. */
const CONNECT = 3_000;

/**
 * A `fetch` that reaches configured peers only, over TLS 1.3, shows this relayer's certificate, and talks to nobody whose
 * certificate is not that peer's: the account in it counts, not the host's name.
 */
export function createPeerFetch({ peers, credentials }: { peers: readonly Peer[]; credentials: Credentials }): {
  fetch: typeof globalThis.fetch;
  close: () => Promise<void>;
} {
  const agents = new Map<string, Agent>(peers.map((peer) => [new URL(peer.url).origin, agentFor(peer)]));

  function agentFor(peer: Peer): Agent {
    const connector = () =>
      buildConnector({
        ...credentials.current(),
        timeout: CONNECT,
        // A session that is taken up again is not asked whose certificate it was.
        maxCachedSessions: 0,
        checkServerIdentity: (_host, certificate) =>
          isOf(peer, certificate)
            ? undefined
            : new Error(
                `the certificate is not that of ${String(peer.account)} (sha256 ${certificate.fingerprint256})`,
              ),
      });
    let connect = connector();
    credentials.onChange(() => {
      connect = connector();
    });
    return new Agent({ connect: (options, done) => connect(options, done), connections: 8 });
  }

  return {
    fetch: ((input: URL | string, init?: RequestInit) => {
      const dispatcher = agents.get(new URL(input).origin);
      if (!dispatcher) return Promise.reject(new Error("not a configured peer"));
      return undiciFetch(input, { ...(init as object), dispatcher });
    }) as unknown as typeof globalThis.fetch,
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}
