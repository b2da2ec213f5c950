import { createHash } from "node:crypto";

/** Milliseconds for which a message is remembered: peers hand it on at once, and nothing that is held is gone so soon. */
const AGE = 60_000;
/** Some MB of memory. */
const MOST = 20_000;

/** Remembers messages that came last, byte for byte, for a minute. */
export function createRecentMessages({ most = MOST, now = () => performance.now() } = {}) {
  /** When each came, by its hash; in that order. */
  const seen = new Map<string, number>();
  return {
    has: (payload: Uint8Array): boolean => now() - (seen.get(hashOf(payload)) ?? -Infinity) < AGE,

    /** The oldest one makes room. */
    add(payload: Uint8Array): void {
      const hash = hashOf(payload);
      seen.delete(hash);
      const [oldest] = seen.size >= most ? seen.keys() : [];
      if (oldest !== undefined) seen.delete(oldest);
      seen.set(hash, now());
    },
  };
}

function hashOf(payload: Uint8Array): string {
  return createHash("sha256").update(payload).digest("base64");
}
