import { recoverAddress } from "ethers";

/** Signatures that are remembered; each takes some 500 bytes. */
const MOST = 2_000;

const known = new Map<string, string | null>();

/**
 * Whose signature it is; null for nobody's. One comes several times, with its proposal, as an answer and by itself, and to
 * find out its signer takes a millisecond.
 */
export function recover(digest: string, signature: string): string | null {
  const name = `${digest} ${signature}`;
  const found = known.get(name);
  if (found !== undefined) return found;
  const signer = recoverFresh(digest, signature);
  if (known.size >= MOST) known.clear();
  known.set(name, signer);
  return signer;
}

function recoverFresh(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, signature).toLowerCase();
  } catch {
    return null;
  }
}
