import { createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** What one relayer was told by the others, and could not know otherwise. */
export interface Heard {
  /** Path of the request. */
  path: string;
  body: string;
  /** What it answered; empty when it did not. */
  answer: string;
}

/** The way by which peers reach one relayer. */
export interface PeerTap {
  readonly url: string;
  /** Proposals and signatures that came by, with their answers; nothing where TLS hides them. */
  readonly heard: Heard[];
  /** What happens to the next requests: they pass, are cut off, or reach it while their answer gets lost. */
  mode: "pass" | "cut" | "lose-answer";
  /** How many requests it did not let pass. */
  readonly disturbed: number;
  stop(): Promise<void>;
}

const KEPT = /^\/v1\/peer\/(proposals|shares)$/;

/** Of a relayer that talks in clear. @param target port of its API on this machine */
export async function startPeerTap(p: { target: number }): Promise<PeerTap> {
  const heard: Heard[] = [];
  let disturbed = 0;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readWhole(incoming);
    const path = incoming.url ?? "/";
    const mode = tap.mode;
    if (mode !== "pass") disturbed++;
    if (mode === "cut") return void response.destroy();
    const note = KEPT.test(path) ? { path, body: body.toString("utf8"), answer: "" } : null;
    if (note !== null) heard.push(note);
    const { status, type, text } = await forward({ port: p.target, incoming, path, body });
    if (note !== null) note.answer = text.toString("utf8");
    if (mode === "lose-answer") return void response.destroy();
    response.writeHead(status, { "content-type": type }).end(text);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const tap: PeerTap = {
    url: `http://127.0.0.1:${port}`,
    heard,
    mode: "pass",
    get disturbed() {
      return disturbed;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return tap;
}

/** Of a relayer that its peers reach by TLS. @param target port on this machine where they do */
export async function startBlindTap(p: { target: number }): Promise<PeerTap> {
  const open = new Set<Socket>();
  let disturbed = 0;
  const server = createTcpServer((near) => {
    if (tap.mode === "cut") {
      disturbed++;
      near.destroy();
      return;
    }
    const far = connect(p.target, "127.0.0.1");
    const end = (): void => {
      open.delete(near);
      near.destroy();
      far.destroy();
    };
    open.add(near);
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    near.on("data", (bytes: Buffer) => {
      if (tap.mode !== "pass") disturbed++;
      if (tap.mode === "cut") return end();
      far.write(bytes);
    });
    far.on("data", (bytes: Buffer) => {
      if (tap.mode === "pass") near.write(bytes);
      else end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const tap: PeerTap = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: [],
    mode: "pass",
    get disturbed() {
      return disturbed;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
  return tap;
}

function forward(p: { port: number; incoming: IncomingMessage; path: string; body: Buffer }) {
  return new Promise<{ status: number; type: string; text: Buffer }>((resolve, reject) => {
    const { method, headers } = p.incoming;
    const type = headers["content-type"];
    const own = { ...(type === undefined ? {} : { "content-type": type }), "content-length": p.body.length };
    const going = request(
      { host: "127.0.0.1", port: p.port, path: p.path, method, headers: own, timeout: 20_000 },
      (answer) => {
        readWhole(answer).then(
          (text) =>
            resolve({
              status: answer.statusCode ?? 502,
              type: answer.headers["content-type"] ?? "application/json",
              text,
            }),
          reject,
        );
      },
    );
    going.once("error", reject);
    going.once("timeout", () => going.destroy(new Error("no answer")));
    going.end(p.body);
  });
}

async function readWhole(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
