import type { FaultKind, FaultKinds } from "./fault.ts";

/** What the member does that attacks; chaos/hostile.ts does it. */
const ATTACKS = [
  "wrong-payload",
  "other-domain",
  "unauthorised",
  "doubled-share",
  "equivocates",
  "lies",
  "nonsense",
  "signs-other",
  "refuses",
  "garbage",
  "withholds",
];

export const hostileFaults: FaultKinds = Object.fromEntries(
  ATTACKS.map((name): [string, FaultKind] => [
    `hostile:${name}`,
    {
      lane: "hostile",
      when: ({ hostile }) => hostile !== null,
      run: async ({ attack, rng }) => ((await attack?.(name, rng)) === true ? `hostile:${name}` : null),
    },
  ]),
);
