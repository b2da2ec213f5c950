import type { Log } from "./log.ts";

/** What a member of the group can be seen to do wrong; docs/relayers.md says how each is told from an honest delay. */
export const SUSPICIONS = [
  "equivocated",
  "nonsense",
  "invalid-share",
  "refused-without-evidence",
  "unreachable",
  "silent",
  "flood",
] as const;

export type Suspicion = (typeof SUSPICIONS)[number];

export type Suspects = ReturnType<typeof createSuspects>;

/** For whom nobody vouches: what comes without a certificate, or under a name that is no member's. */
export const UNKNOWN = "unknown";

/** Names that are counted one by one; a group has at most 32 members, and more than a few groups are rare. */
const MOST_NAMES = 256;

/**
 * Counts what each member does wrong and says it in the log: the first time, and then each time that it has happened
 * twice as often. Counting changes no verdict; it tells people whom to call.
 */
export function createSuspects({ log }: { log: Log }) {
  const counts = new Map<string, Map<Suspicion, number>>();
  /** How often in a row, for what a success ends. */
  const streaks = new Map<string, number>();

  return {
    /** @param p.member account, or another name of a configured peer; null: `unknown` */
    note(p: { member: string | null; kind: Suspicion; detail: string }): void {
      const wanted = p.member ?? UNKNOWN;
      const member = counts.has(wanted) || counts.size < MOST_NAMES ? wanted : UNKNOWN;
      const kinds = counts.get(member) ?? new Map<Suspicion, number>();
      counts.set(member, kinds);
      const count = (kinds.get(p.kind) ?? 0) + 1;
      kinds.set(p.kind, count);
      const streak = (streaks.get(`${member} ${p.kind}`) ?? 0) + 1;
      streaks.set(`${member} ${p.kind}`, streak);
      if ((streak & (streak - 1)) !== 0) return;
      log.warn({ member, suspicion: p.kind, count, detail: p.detail.slice(0, 500) }, "a member is not as it should be");
    },

    /** It did what it had failed to do: the next failure is said again. */
    clear(p: { member: string; kind: Suspicion }): void {
      if (streaks.delete(`${p.member} ${p.kind}`)) {
        log.info({ member: p.member, suspicion: p.kind }, "a member is as it should be again");
      }
    },

    /** How often since the start, by member and kind. */
    counts: (): Record<string, Partial<Record<Suspicion, number>>> =>
      Object.fromEntries([...counts].map(([member, kinds]) => [member, Object.fromEntries(kinds)])),
  };
}
