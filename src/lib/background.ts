/** Work that nobody waits for while it goes on. Before what it works with is closed, somebody does. */
export interface Background {
  /** @param failed told of what goes wrong in it */
  add(work: Promise<unknown>, failed: (error: unknown) => void): void;
  /** Resolves when nothing goes on any more, and nothing that was added in the meantime does. */
  ended(): Promise<void>;
}

export function createBackground(): Background {
  const open = new Set<Promise<void>>();
  return {
    add(work, failed) {
      const settled: Promise<void> = work.then(() => undefined, failed).finally(() => open.delete(settled));
      open.add(settled);
    },
    async ended() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}
