/** Proposals that are remembered of each proposer; certificates of older blocks are soon worth nothing. */
const MOST = 64;

/** Remembers which digest each proposer signed for a batch id: one that signed two has lied to somebody. */
export function createWitness() {
  const seen = new Map<string, Map<string, { digest: string; signature: string }>>();

  return {
    /** @param p.signature the proposer's, checked. @returns what it signed for the same id before, if that is another digest */
    see(p: {
      proposer: string;
      id: string;
      digest: string;
      signature: string;
    }): { digest: string; signature: string } | undefined {
      const known = seen.get(p.proposer) ?? new Map<string, { digest: string; signature: string }>();
      seen.set(p.proposer, known);
      const before = known.get(p.id);
      if (before) return before.digest === p.digest ? undefined : before;
      known.set(p.id, { digest: p.digest, signature: p.signature });
      const [oldest] = known.keys();
      if (known.size > MOST && oldest !== undefined) known.delete(oldest);
      return undefined;
    },
  };
}
