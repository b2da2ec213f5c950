/** A rule of docs/relayers.md switched off: what stands in the code for it, and what stands there without it. */
export interface Ablation {
  rule: string;
  changes: {
    file: string;
    /** Stands once in the file. */
    code: string;
    without: string;
  }[];
}

const src = (name: string): string => `src/relayer/${name}.ts`;

export const ABLATIONS: readonly Ablation[] = [
  {
    rule: "3 one digest for one batch id",
    changes: [
      {
        file: src("batchStore"),
        code: "return (await known.executeTakeFirstOrThrow()).digest === digest;",
        without: "return known.executeTakeFirstOrThrow().then(() => true);",
      },
    ],
  },
  {
    rule: "4 the sums are those of the events",
    changes: [
      {
        file: src("review"),
        code: 'return right ? sign : fault("the sums are not those of the events");',
        without: "return right ? sign : sign;",
      },
    ],
  },
  {
    rule: "5 turns pass",
    changes: [
      {
        file: src("turns"),
        code: "return members[turnOf(block) % members.length];",
        without: "return members[0 * block];",
      },
    ],
  },
  {
    rule: "6 events are pushed and offered",
    changes: [
      { file: src("peers"), code: "for (const line of lines) line(messages);", without: "messages satisfies unknown;" },
      {
        file: src("peers"),
        code: "const taken = await Promise.all(peers.map((peer) => supply(peer, messages)));",
        without: "const taken = peers.map(() => new Set<number>());",
      },
    ],
  },
  {
    rule: "8 what cannot be judged yet waits",
    changes: [
      {
        file: src("judge"),
        code: 'return waiting("order-unknown", `No order ${name} is known.`);',
        without: 'return refused("order-reference", `No order ${name} is known.`);',
      },
    ],
  },
  {
    rule: "9 a key counts once",
    changes: [
      {
        file: src("review"),
        code: "if (confirmed.some((entry) => entry.line === line || entry.order !== order.id || entry.content !== listed.content))",
        without: "if (confirmed.length < 0)",
      },
    ],
  },
  {
    rule: "9 what nobody explains is not judged",
    changes: [
      {
        file: src("doubt"),
        code: "order === p.order && line === p.line && (time === null || p.time <= time + SKEW),",
        without: "order === p.order && line === p.line && time === null,",
      },
    ],
  },
  {
    rule: "9 what others sign is fetched",
    changes: [
      {
        file: src("heard"),
        code: "if (shares.length === 0) return false;",
        without: "if (shares.length >= 0) return false;",
      },
    ],
  },
  {
    rule: "9 a report that nobody explains stops its own line only",
    changes: [
      {
        file: src("doubt"),
        code: "time === null || time <= row.time + STOP",
        without: "time === null || time > row.time",
      },
    ],
  },
  {
    rule: "10 evidence says no",
    changes: [
      {
        file: src("assess"),
        code: 'const correction = same.find(({ kind }) => kind === "correction");',
        without: "const correction = same.find(() => false);",
      },
    ],
  },
  {
    rule: "12 signs above its floor",
    changes: [{ file: src("recovery"), code: "return block > floor\n", without: "return block > -1\n" }],
  },
  {
    rule: "12 takes in what it lost",
    changes: [
      {
        file: src("recovery"),
        code: "if (sought && (answered.size >= needed || all)) {",
        without: "if (roots >= 0) {",
      },
    ],
  },
  {
    rule: "13 sheets are handed on",
    changes: [
      {
        file: src("gossip"),
        code: "peers.order(id, (document) => sheets.learn(id, document)),",
        without: "Promise.resolve(id),",
      },
    ],
  },
];
