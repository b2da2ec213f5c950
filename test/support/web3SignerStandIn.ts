import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { keccak256, Signature, SigningKey } from "ethers";

/** What may go wrong with one request: `answer` in place of its own, or none at all. */
export type SignerFault = { status: number; text: string } | "silent" | "hang-up" | null;

/**
 * Stands in for web3signer's eth1 REST interface, as its OpenAPI document has it: the signature over the keccak-256 of
 * `data` as text, 0x-hex of r, s and v (27 or 28); 404 for a key that it does not have, 400 for what it cannot read.
 */
export async function startWeb3SignerStandIn({ privateKeys }: { privateKeys: readonly string[] }) {
  const keys = new Map(privateKeys.map((key) => [`0x${new SigningKey(key).publicKey.slice(4)}`, new SigningKey(key)]));
  const seen: { data: string; authorization: string | undefined }[] = [];
  let fault: () => SignerFault = () => null;

  const server = createServer((request, response) => {
    void answer(request).then(({ status, text }) => {
      if (status !== 0) response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
    });
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; text: string }> {
    const wrong = fault();
    if (wrong === "hang-up") request.socket.destroy();
    if (wrong === "silent" || wrong === "hang-up") return { status: 0, text: "" };
    if (wrong !== null) return wrong;
    if (request.method === "GET" && request.url === "/api/v1/eth1/publicKeys")
      return { status: 200, text: JSON.stringify([...keys.keys()]) };
    const name = /^\/api\/v1\/eth1\/sign\/([^/]+)$/.exec(request.url ?? "")?.[1];
    if (request.method !== "POST" || name === undefined) return { status: 404, text: "Resource not found" };
    const key = keys.get(`0x${name.replace(/^0x/, "").toLowerCase()}`);
    if (!key) return { status: 404, text: "" };
    const data = await dataOf(request);
    if (data === null) return { status: 400, text: "" };
    seen.push({ data, authorization: request.headers.authorization });
    return { status: 200, text: Signature.from(key.sign(keccak256(data))).serialized };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was signed. */
    seen,
    set fault(next: () => SignerFault) {
      fault = next;
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function dataOf(request: IncomingMessage): Promise<string | null> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    return typeof data === "string" && /^0x([0-9a-f]{2})+$/i.test(data) ? data : null;
  } catch {
    return null;
  }
}
