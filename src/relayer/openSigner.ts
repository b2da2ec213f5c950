import { readFileSync } from "node:fs";
import { Agent, fetch as undiciFetch } from "undici";
import { openKey } from "../config/keystore.ts";
import type { RelayerSettings } from "../config/relayer.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { localSigner } from "./signer.ts";
import type { Signer } from "./signer.ts";
import { createWeb3Signer } from "./web3signer.ts";

type KeySettings = Pick<RelayerSettings, "keyFile" | "keyPasswordFile" | "web3signer">;

/**
 * The relayer's signer, as its settings say: a key file, or a web3signer.
 *
 * @throws FactoryChainError `key-file`, `key-password`, `key-password-file`, `signer-key`, `signer-tls`
 */
export async function openSigner({ keyFile, keyPasswordFile, web3signer }: KeySettings): Promise<Signer> {
  if (keyFile !== null) return localSigner(await openKey({ file: keyFile, passwordFile: keyPasswordFile }));
  const { url, publicKey, timeout } = web3signer;
  return createWeb3Signer({
    url: url ?? "",
    publicKey: publicKey ?? "",
    timeout: timeout * 1000,
    ...overTls(web3signer),
  });
}

/**
 * Who submits certificates: the accounts of the settings, whose keystores have the same password, else the relayer itself.
 *
 * @throws FactoryChainError `key-file`, `key-password`, `key-password-file`
 */
export async function openSubmitters(
  { senderKeys, keyPasswordFile }: Pick<RelayerSettings, "senderKeys" | "keyPasswordFile">,
  relayer: Signer,
): Promise<Pick<Signer, "address" | "signTransaction">[]> {
  if (senderKeys.length === 0) return [relayer];
  return Promise.all(
    senderKeys.map(async (file) => localSigner(await openKey({ file, passwordFile: keyPasswordFile }))),
  );
}

/** A `fetch` that trusts the CA and shows the certificate of the settings; none of its own without them. */
function overTls({ ca, cert, key }: KeySettings["web3signer"]): { fetch?: typeof globalThis.fetch } {
  const files = Object.entries({ ca, cert, key }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (files.length === 0) return {};
  const connect = Object.fromEntries(files.map(([name, file]) => [name, readPem(file)]));
  const dispatcher = new Agent({ connect });
  const request = (input: string | URL, init?: RequestInit) => undiciFetch(input, { ...(init as object), dispatcher });
  return { fetch: request as unknown as typeof globalThis.fetch };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new FactoryChainError("signer-tls", `${file}, for the web3signer, cannot be read.`, {
      expected: "a PEM file that this user may read",
      cause,
    });
  }
}
