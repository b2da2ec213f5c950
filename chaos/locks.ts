/** Work under one name is done one after the other. */
export function createLocks() {
  const last = new Map<string, Promise<unknown>>();
  return function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const next = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(
      name,
      next.catch(() => undefined),
    );
    return next;
  };
}
