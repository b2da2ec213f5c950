/**
 * A function that keeps its answers, `most` of them: when it is full, it forgets them all. For what is asked for again and
 * again, depends on its argument alone, and is not changed by who gets it.
 *
 * @param nameOf what tells arguments apart, where they are not the same things each time
 */
export function memo<Key, Value>(
  most: number,
  make: (key: Key) => Value,
  nameOf: (key: Key) => unknown = (key) => key,
): (key: Key) => Value {
  const known = new Map<unknown, Value>();
  return (key) => {
    const name = nameOf(key);
    const found = known.get(name);
    if (found !== undefined) return found;
    const value = make(key);
    if (known.size >= most) known.clear();
    known.set(name, value);
    return value;
  };
}
