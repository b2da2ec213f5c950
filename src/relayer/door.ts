import type { FastifyInstance } from "fastify";
import { FactoryChainError } from "../lib/errors.ts";
import { createLimiter, PEER_LIMITS } from "./limits.ts";
import type { Limiter } from "./limits.ts";
import { listenAt } from "./listen.ts";
import type { Log } from "./log.ts";
import { parsePeer } from "./peerBook.ts";
import type { Peer } from "./peerBook.ts";
import { createPeerFetch } from "./peerFetch.ts";
import { createPeerServer } from "./peerServer.ts";
import type { Identify } from "./peerServer.ts";
import { openCredentials } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";

/** Milliseconds between two looks at the certificate's files. */
const LOOK = 30_000;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/;

/** How a relayer and its peers reach one another. */
export interface Door {
  peers: Peer[];
  fetch: typeof globalThis.fetch;
  /** What the relayer's API needs: a server for peers alone, or none, or the public one. */
  api: { server?: FastifyInstance | null; identify?: Identify; limiter?: Limiter };
  listen(): Promise<void>;
  close(): Promise<void>;
}

/**
 * With TLS files: a server of its own for peers, by mutual TLS. Without: plain HTTP, which stays on this machine.
 *
 * @param listen where the public API listens
 * @throws FactoryChainError `peer-setting`, `peers-in-clear`, `tls-settings`, `tls-files`
 */
export function openDoor({
  account,
  peers: texts,
  listen,
  tls,
  log,
}: {
  /** This relayer's account. */
  account: string;
  peers: readonly string[];
  listen: { host: string; port: number };
  tls: { [Name in keyof TlsFiles]: string | null } & { listen: { host: string; port: number } | null };
  log: Log;
}): Door {
  const peers = texts.map(parsePeer);
  const { ca, cert, key, listen: peerListen } = tls;
  const given = [ca, cert, key, peerListen].filter((value) => value !== null).length;
  if (ca === null || cert === null || key === null || peerListen === null) {
    if (given > 0) throw halfSet();
    return openPlain(peers, listen);
  }
  const clear = peers.filter(({ url, account: whose }) => whose === null || new URL(url).protocol !== "https:");
  if (clear.length > 0) throw inClear(clear.map(({ url }) => url).join(", "));
  const credentials = openCredentials({ files: { ca, cert, key }, account, log });
  const { app, identify } = createPeerServer({ peers, credentials, log });
  const client = createPeerFetch({ peers, credentials });
  const timer = setInterval(() => {
    credentials.refresh();
  }, LOOK);
  timer.unref();
  return {
    peers,
    fetch: client.fetch,
    api: { server: app, identify, limiter: createLimiter({ limits: PEER_LIMITS }) },
    async listen() {
      await listenAt({ app, address: peerListen, setting: "tls.listen" });
    },
    async close() {
      clearInterval(timer);
      await app.close();
      await client.close();
    },
  };
}

function openPlain(peers: Peer[], listen: { host: string }): Door {
  const outside = peers.filter(({ url }) => !LOOPBACK.test(new URL(url).hostname));
  if (outside.length > 0) throw inClear(outside.map(({ url }) => url).join(", "));
  const local = LOOPBACK.test(listen.host);
  if (!local && peers.length > 0) throw inClear(listen.host);
  const nothing = (): Promise<void> => Promise.resolve();
  return { peers, fetch: globalThis.fetch, api: local ? {} : { server: null }, listen: nothing, close: nothing };
}

function inClear(what: string): FactoryChainError {
  return new FactoryChainError("peers-in-clear", `Relayers would talk in clear over a network: ${what}`, {
    expected: "https:// peers, each with its account, and TLS files of this relayer; plain HTTP on 127.0.0.1 alone",
    advice: "Set FACTORYCHAIN_TLS_CA, _CERT, _KEY and FACTORYCHAIN_PEER_LISTEN: docs/operations/relayer-tls.md.",
  });
}

function halfSet(): FactoryChainError {
  return new FactoryChainError("tls-settings", "TLS between relayers is set in part.", {
    expected: "FACTORYCHAIN_TLS_CA, FACTORYCHAIN_TLS_CERT, FACTORYCHAIN_TLS_KEY and FACTORYCHAIN_PEER_LISTEN, or none",
    advice: "Set the others too: docs/operations/relayer-tls.md.",
  });
}
