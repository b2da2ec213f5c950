import { computeAddress, hexlify, keccak256, Signature, toUtf8Bytes } from "ethers";
import { FactoryChainError, RetryableError, withoutCredentials } from "../lib/errors.ts";
import { recover } from "./recover.ts";
import { createSigner } from "./signer.ts";
import type { Signer } from "./signer.ts";

/** Order of secp256k1 (SEC 2, 2.4.1). */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Signed to see that the key signs: neither a transaction nor EIP-712 data begins with its first letter. */
const QUESTION = hexlify(toUtf8Bytes("Does the key of this relayer sign?"));

/** Characters of an answer that are looked at: a signature has 132. */
const LONGEST = 1_000;

/**
 * A signer whose key is in a web3signer (eth1 mode): `POST /api/v1/eth1/sign/{public key}` signs the keccak-256 of the
 * data that it is given, so both certificates and transactions are signed by that one call. What comes back is only used
 * when it is the account's signature over what was asked for.
 *
 * @param url of the web3signer; a user name and a password in it become an Authorization header
 * @param publicKey of the account there: 64 bytes in hex, with or without 0x and 04
 * @param timeout of one signature, in milliseconds
 * @throws (each signature) RetryableError `signer-unreachable`, `signer-unavailable`
 * @throws (each signature) FactoryChainError `signer-key-unknown`, `signer-refused`, `signer-mismatch`
 */
export function createWeb3Signer(p: {
  url: string;
  publicKey: string;
  timeout: number;
  fetch?: typeof globalThis.fetch;
}): Signer {
  const key = p.publicKey.replace(/^0x/, "").slice(-128).toLowerCase();
  const address = addressOf(key);
  const { base, headers } = readUrl(p.url);
  const place = withoutCredentials(p.url);
  const request = p.fetch ?? globalThis.fetch;

  async function ask(preimage: string): Promise<string> {
    let response: Response;
    let text: string;
    try {
      response = await request(new URL(`api/v1/eth1/sign/0x${key}`, base), {
        method: "POST",
        headers,
        body: JSON.stringify({ data: preimage }),
        redirect: "error",
        signal: AbortSignal.timeout(p.timeout),
      });
      text = (await response.text()).slice(0, LONGEST).trim();
    } catch (cause) {
      throw new RetryableError("signer-unreachable", `The web3signer at ${place} does not answer.`, {
        advice:
          "See that it runs and that its --http-host-allowlist names this relayer's host. Nothing is lost: the relayer asks again.",
        cause,
      });
    }
    if (response.ok) return text;
    throw refusal(response.status);
  }

  function refusal(status: number): FactoryChainError {
    if (status === 404) {
      return new FactoryChainError(
        "signer-key-unknown",
        `The web3signer at ${place} does not have the key of ${address}.`,
        {
          expected: `a key file of type SECP256K1 for 0x${key.slice(0, 16)}..`,
          advice: "Load the key there (and POST /reload), or correct web3signer.publicKey.",
        },
      );
    }
    const text = `The web3signer at ${place} answered ${status}.`;
    if (status >= 500 || status === 429) {
      return new RetryableError("signer-unavailable", text, {
        advice: "Its own log says why. The relayer asks again.",
      });
    }
    return new FactoryChainError("signer-refused", text, {
      expected: "a web3signer in eth1 mode that this relayer may use",
      advice: "Check the URL, the client certificate and what stands in front of the web3signer.",
    });
  }

  async function signBytes(preimage: string): Promise<Signature> {
    const answer = await ask(preimage);
    const signature = readSignature({ answer, digest: keccak256(preimage), address });
    if (signature !== null) return signature;
    throw new FactoryChainError(
      "signer-mismatch",
      `What the web3signer at ${place} gave is no signature of ${address}.`,
      {
        expected: "r, s and v in hex, over the keccak-256 of the data",
        advice: "See that it runs in eth1 mode and that web3signer.publicKey is the relayer's.",
      },
    );
  }

  return {
    ...createSigner({ address, signBytes }),
    check: async () => void (await signBytes(QUESTION)),
  };
}

/**
 * Reads r and s, and finds the rest: s becomes the low one of its pair, and the recovery id is the one that leads to the
 * account. What the signer says about it (0, 1, 27, 28 or by EIP-155) does not count. Null: no such signature.
 */
export function readSignature(p: { answer: string; digest: string; address: string }): Signature | null {
  const hex = /^"?(?:0x)?([0-9a-f]{128})(?:[0-9a-f]{2,16})?"?$/i.exec(p.answer)?.[1];
  if (hex === undefined) return null;
  const [r, given] = [`0x${hex.slice(0, 64)}`, BigInt(`0x${hex.slice(64)}`)];
  if (given === 0n || given >= N) return null;
  const low = given > N / 2n ? N - given : given;
  const s = `0x${low.toString(16).padStart(64, "0")}`;
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({ r, s, yParity });
    if (recover(p.digest, signature.serialized) === p.address) return signature;
  }
  return null;
}

function addressOf(key: string): string {
  try {
    return computeAddress(`0x04${key}`).toLowerCase();
  } catch {
    throw new FactoryChainError("signer-key", "web3signer.publicKey is no point on secp256k1.", {
      expected: "the public key as `GET /api/v1/eth1/publicKeys` of the web3signer lists it",
    });
  }
}

function readUrl(text: string): { base: URL; headers: Record<string, string> } {
  const base = new URL(text.endsWith("/") ? text : `${text}/`);
  const headers: Record<string, string> = { "content-type": "application/json", accept: "text/plain" };
  if (base.username !== "") {
    const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    base.username = "";
    base.password = "";
  }
  return { base, headers };
}
