/** Does work for all items, so many at a time, begun in their order. The first failure ends it. */
export async function inParallel<T>(p: {
  items: readonly T[];
  most: number;
  work: (item: T, index: number) => Promise<unknown>;
}): Promise<void> {
  const left = p.items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) await p.work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(p.most, p.items.length) }, worker));
}
