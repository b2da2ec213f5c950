/** A relayer with one thing wrong on purpose: what stands in its code, and what is put in its place. */
export interface Breakage {
  /** What is wrong with it. */
  what: string;
  /** What the audit must say of it. */
  verdict: "lost" | "doubled" | "false";
  changes: {
    file: string;
    /** Stands once in the file. */
    code: string;
    without: string;
  }[];
}

/** To see that the audit notices: every relayer of a run is broken in the same way, so nobody of them objects. */
export const BREAKAGES: Readonly<Record<string, Breakage>> = {
  forgets: {
    what: "it acknowledges one message in three without keeping it",
    verdict: "lost",
    changes: [
      {
        file: "src/relayer/mqtt.ts",
        code: "const full = await patiently(",
        without: "if (message.payload.reduce((sum, byte) => sum + byte, 0) % 3 === 0) return true;\n$&",
      },
    ],
  },
  "counts-again": {
    what: "it does not look whether an event was confirmed before",
    verdict: "doubled",
    changes: [
      { file: "src/relayer/view.ts", code: "const rows = await read.confirmed(key);", without: "$& rows.splice(0);" },
      {
        file: "src/relayer/assess.ts",
        code: "(await newlyConfirmed(tx, since)).map((row) => ({ row, verdict: counted, order: row.order_id })),",
        without: "[],",
      },
    ],
  },
  misreads: {
    what: "it takes a quantity for one more than the device signed",
    verdict: "false",
    changes: [
      {
        file: "src/formats/matchItems.ts",
        code: "const quantity = toScaled(parseDecimal(item.quantity), line.decimals);",
        without:
          "const read = toScaled(parseDecimal(item.quantity), line.decimals);\nconst quantity = read && read + 1n;",
      },
    ],
  },
};

/** What Node has to import before a relayer's code to break it so. */
export function breakageModule(name: string): string {
  if (BREAKAGES[name] !== undefined) return new URL(`brokenRelayer.ts?${name}`, import.meta.url).href;
  throw new Error(`--broken is one of ${Object.keys(BREAKAGES).join(", ")}, not ${name}.`);
}
