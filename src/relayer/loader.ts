/** Keys in one query: each has a parameter or two. */
const MOST = 500;

interface Asked<Key, Row> {
  key: Key;
  resolve: (rows: Row[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads together what is asked for at the same time, with one query, and each key once: what thousands of events are
 * judged by would otherwise be thousands of queries. It lives as long as one look at the store.
 *
 * @param read the rows of these keys, in any order
 * @param keyOf names a row as `nameOf` names its key
 */
export function createLoader<Key, Row>(p: {
  read: (keys: readonly Key[]) => Promise<readonly Row[]>;
  nameOf: (key: Key) => string;
  keyOf: (row: Row) => string;
}): (key: Key) => Promise<Row[]> {
  const known = new Map<string, Promise<Row[]>>();
  let asked: Asked<Key, Row>[] = [];

  async function answer(part: readonly Asked<Key, Row>[]): Promise<void> {
    try {
      const rows = Map.groupBy(await p.read(part.map(({ key }) => key)), p.keyOf);
      for (const { key, resolve } of part) resolve(rows.get(p.nameOf(key)) ?? []);
    } catch (error) {
      for (const { reject } of part) reject(error);
    }
  }

  function flush(): void {
    const all = asked;
    asked = [];
    for (let from = 0; from < all.length; from += MOST) void answer(all.slice(from, from + MOST));
  }

  return (key) => {
    const name = p.nameOf(key);
    const found = known.get(name);
    if (found !== undefined) return found;
    // After everything that goes on now has asked.
    if (asked.length === 0) process.nextTick(flush);
    const rows = new Promise<Row[]>((resolve, reject) => asked.push({ key, resolve, reject }));
    known.set(name, rows);
    return rows;
  };
}
