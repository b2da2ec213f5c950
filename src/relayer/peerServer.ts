import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";
import Fastify from "fastify";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Log } from "./log.ts";
import { accountIn, isOf } from "./peerBook.ts";
import type { Peer } from "./peerBook.ts";
import type { Credentials } from "./tls.ts";

/** A request body holds a proposal with its events, or messages of 64 KiB each. */
export const BODY_LIMIT = 8 * 1024 * 1024;
/** Milliseconds for a request to come in whole. */
const REQUEST_TIMEOUT = 15_000;
/** Milliseconds for TLS: whoever opens a connection and says nothing takes no place for long. */
const HANDSHAKE_TIMEOUT = 5_000;
/** Connections at once; a group has at most 32 members. */
const MOST_CONNECTIONS = 512;
/** Connections of one peer, and of all strangers together: nobody can take the places of the others. */
const MOST_OF_ONE = 32;
/** Milliseconds in which one sentence about strangers is said once. */
const QUIET = 60_000;

/** Who sent a request: an account, or null for nobody that is a peer. */
export type Identify = (request: FastifyRequest) => string | null;

/** What OpenSSL's reasons mean to an operator. */
const REASONS: Record<string, string> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is its own, and no CA here signed it",
  SELF_SIGNED_CERT_IN_CHAIN: "its CA is not among those that are trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its CA is not among those that are trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its CA is not among those that are trusted here",
  INVALID_PURPOSE: "its certificate is not made for clients",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "it showed no certificate",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it does not speak TLS 1.3",
};

/**
 * A server that only peers get into: TLS 1.3, a certificate of a trusted CA from whoever connects, and the certificate
 * must be that of a configured peer. `identify` tells which.
 *
 * @param clock milliseconds since 1970
 */
export function createPeerServer({
  peers,
  credentials,
  log,
  requestTimeout = REQUEST_TIMEOUT,
  clock = () => Date.now(),
}: {
  peers: readonly Peer[];
  credentials: Credentials;
  log: Log;
  /** Milliseconds; who sends more slowly is cut off. */
  requestTimeout?: number;
  clock?: () => number;
}): { app: FastifyInstance; identify: Identify } {
  const certificates = { ...credentials.current(), requestCert: true, rejectUnauthorized: true };
  // Node takes the longer of the two timeouts as that of the whole request.
  const timeouts = { handshakeTimeout: HANDSHAKE_TIMEOUT, headersTimeout: requestTimeout, requestTimeout };
  const connectionsCheckingInterval = Math.min(requestTimeout, 5_000);
  const app = Fastify({
    https: { ...certificates, ...timeouts, connectionsCheckingInterval },
    bodyLimit: BODY_LIMIT,
    requestTimeout,
  }) as unknown as FastifyInstance;
  const server = app.server as unknown as Server;
  server.maxConnections = MOST_CONNECTIONS;
  credentials.onChange((material) => {
    server.setSecureContext(material);
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    // Of a certificate that does not hold the socket knows why; all else comes as the error.
    const code = String((socket.authorizationError as unknown) ?? error.code ?? "");
    const reason = REASONS[code];
    if (reason !== undefined)
      refuse(code, { from: socket.remoteAddress ?? null, code }, `a connection was refused: ${reason}`);
  });

  const known = new WeakMap<object, { account: string | null; until: number }>();
  const open = new Map<string | null, number>();
  server.on("secureConnection", (socket) => {
    const found = lookAt(socket);
    known.set(socket, found);
    const count = (open.get(found.account) ?? 0) + 1;
    open.set(found.account, count);
    socket.once("close", () => open.set(found.account, (open.get(found.account) ?? 1) - 1));
    if (count <= MOST_OF_ONE) return;
    refuse(`many ${String(found.account)}`, { account: found.account }, "a connection was closed: it has too many");
    socket.destroy();
  });

  const said = new Map<string, number>();
  /** Anybody can knock: each reason is logged once a minute. */
  function refuse(key: string, fields: object, sentence: string): void {
    const last = said.get(key) ?? -Infinity;
    if (clock() - last < QUIET) return;
    if (said.size > 100) said.clear();
    said.set(key, clock());
    log.warn(fields, sentence);
  }

  function identify(request: FastifyRequest): string | null {
    const socket = request.raw.socket as TLSSocket;
    const found = known.get(socket) ?? lookAt(socket);
    known.set(socket, found);
    // A connection may last longer than the certificate that opened it.
    return found.until > clock() ? found.account : null;
  }

  function lookAt(socket: TLSSocket): { account: string | null; until: number } {
    const certificate = socket.getPeerCertificate();
    if (!socket.authorized || !certificate.fingerprint256) return { account: null, until: 0 };
    const account = peers.find((peer) => isOf(peer, certificate))?.account ?? null;
    if (account === null) {
      const sha256 = certificate.fingerprint256;
      const fields = { from: socket.remoteAddress ?? "", sha256, names: accountIn(certificate) };
      refuse(sha256, fields, "a connection was refused: its certificate is none of a configured peer");
    }
    return { account, until: Date.parse(certificate.valid_to) };
  }

  return { app, identify };
}
