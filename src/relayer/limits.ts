/** What one peer may ask of a relayer: so much a second, and so much at once. */
export interface PeerLimits {
  requests: { perSecond: number; burst: number };
  bytes: { perSecond: number; burst: number };
}

/** Several times what three relayers at 1,000 events a second need. */
export const PEER_LIMITS: PeerLimits = {
  requests: { perSecond: 100, burst: 500 },
  bytes: { perSecond: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 },
};

export type Limiter = ReturnType<typeof createLimiter>;

/**
 * Buckets that fill with time, two for each name. Names are those of configured peers, so there are few.
 *
 * @param now milliseconds that never go back
 */
export function createLimiter({ limits, now = () => performance.now() }: { limits: PeerLimits; now?: () => number }) {
  const buckets = new Map<string, { level: number; at: number }>();

  function take(name: string, amount: number, { perSecond, burst }: PeerLimits["bytes"]): boolean {
    const at = now();
    const { level, at: before } = buckets.get(name) ?? { level: burst, at };
    const filled = Math.min(burst, level + ((at - before) / 1000) * perSecond);
    const fits = filled >= amount;
    buckets.set(name, { level: fits ? filled - amount : filled, at });
    return fits;
  }

  return {
    /** What a peer was answered counts as what it sends does, after the fact: pages are dear, and asking for them is cheap. */
    charge(name: string, bytes: number): void {
      const bucket = buckets.get(`${name} bytes`);
      if (bucket) bucket.level -= bytes;
    },

    /** Whether this peer may send so many bytes now. */
    admit: (name: string, bytes: number): boolean =>
      take(`${name} requests`, 1, limits.requests) && take(`${name} bytes`, bytes, limits.bytes),
  };
}
