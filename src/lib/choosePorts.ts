import { FactoryChainError } from "./errors.ts";

/**
 * Where ports are looked for. Systems take the ports of outgoing connections from 32768 on (Linux) or 49152 on (others):
 * one from there that is free now may be a connection's a moment later, before the program that it is for has opened it.
 */
const ALL: PortRange = { first: 20_000, last: 31_999 };
/** Blocks that are looked at before giving up. */
const TRIES = 200;

/** Ports from one to another, both of them too. */
export interface PortRange {
  first: number;
  last: number;
}

/**
 * The variable that says where ports are looked for, as `20000-23999`. A port that one program has chosen and not opened
 * yet looks free to another: programs that choose many at the same time get ranges of their own.
 */
export const PORT_RANGE = "PORT_RANGE";

/**
 * Reads that variable.
 *
 * @throws FactoryChainError `port-range`
 */
export function readPortRange(text: string | undefined): PortRange {
  if (text === undefined || text === "") return ALL;
  const [first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
  if (first >= 1 && first <= last && last <= 65_535) return { first, last };
  throw new FactoryChainError("port-range", `The variable ${PORT_RANGE} is ${JSON.stringify(text)}.`, {
    expected: "two ports, the smaller one first, as 20000-23999",
    advice: `Correct ${PORT_RANGE}, or take it out of the environment.`,
  });
}

/** Ranges of the same size that share no port, as that variable has them. */
export function splitPorts({ count }: { count: number }): string[] {
  const size = Math.floor((ALL.last - ALL.first + 1) / count);
  return Array.from({ length: count }, (_, index) => {
    const first = ALL.first + index * size;
    return `${first}-${first + size - 1}`;
  });
}

/**
 * Finds consecutive ports that are free now.
 *
 * @param range by default one of which the system gives none to outgoing connections
 * @param isFree looks whether a port can be opened
 * @param random as `Math.random`
 * @returns the first of them; null when nothing was free wherever it looked
 */
export async function choosePorts(p: {
  count: number;
  isFree: (port: number) => Promise<boolean>;
  range?: PortRange;
  random?: () => number;
}): Promise<number | null> {
  const { count, isFree, random = Math.random } = p;
  const { first: from, last } = p.range ?? ALL;
  if (last - from + 1 < count) return null;
  for (let tries = 0; tries < TRIES; tries++) {
    const first = from + Math.floor(random() * (last - from + 2 - count));
    if (await allFree({ first, count, isFree })) return first;
  }
  return null;
}

/** Ports that were given to this process: what is not opened yet looks free. */
const given = new Set<number>();

/** The same, and none that this process was given before, as long as there are others. */
export async function chooseOtherPorts(p: Omit<Parameters<typeof choosePorts>[0], "random">): Promise<number | null> {
  const isFree = async (port: number): Promise<boolean> => {
    if (given.has(port)) return false;
    given.add(port); // before the look, while which others may choose
    const free = await p.isFree(port);
    if (!free) given.delete(port);
    return free;
  };
  const first = await choosePorts({ ...p, isFree });
  if (first !== null || given.size === 0) return first;
  given.clear();
  return await choosePorts({ ...p, isFree });
}

async function allFree(p: {
  first: number;
  count: number;
  isFree: (port: number) => Promise<boolean>;
}): Promise<boolean> {
  for (let port = p.first; port < p.first + p.count; port++) if (!(await p.isFree(port))) return false;
  return true;
}
