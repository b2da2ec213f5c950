/**
 * Where ports are looked for. Systems take the ports of outgoing connections from 32768 on (Linux) or 49152 on (others):
 * one from there that is free now may be a connection's a moment later, before the program that it is for has opened it.
 */
const FIRST = 20_000;
const LAST = 31_999;
/** Blocks that are looked at before giving up. */
const TRIES = 200;

/**
 * Finds consecutive ports that are free now, none of which the system gives to outgoing connections.
 *
 * @param isFree looks whether a port can be opened
 * @param random as `Math.random`
 * @returns the first of them; null when nothing was free wherever it looked
 */
export async function choosePorts(p: {
  count: number;
  isFree: (port: number) => Promise<boolean>;
  random?: () => number;
}): Promise<number | null> {
  const { count, isFree, random = Math.random } = p;
  for (let tries = 0; tries < TRIES; tries++) {
    const first = FIRST + Math.floor(random() * (LAST - FIRST + 2 - count));
    if (await allFree({ first, count, isFree })) return first;
  }
  return null;
}

async function allFree(p: {
  first: number;
  count: number;
  isFree: (port: number) => Promise<boolean>;
}): Promise<boolean> {
  for (let port = p.first; port < p.first + p.count; port++) if (!(await p.isFree(port))) return false;
  return true;
}
