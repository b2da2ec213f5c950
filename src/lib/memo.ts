/**
 * A function that keeps its answers, `most` of them: when it is full, it forgets them all. For what is asked for again and
 * again, depends on its argument alone, and is not changed by who gets it.
 */
export function memo<Key, Value>(most: number, make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = make(key);
    if (known.size >= most) known.clear();
    known.set(key, value);
    return value;
  };
}
