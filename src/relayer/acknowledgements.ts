/** A message that came and is not acknowledged yet. */
interface Expected {
  id: number;
  acknowledge: (id: number) => void;
  /** Null while it is under way. */
  good: boolean | null;
}

/**
 * Acknowledges messages in the order in which they came (MQTT 5, section 4.6), whatever order they are done in, so that
 * many can be under way at once.
 *
 * @param p.window how many may be under way before the next one is waited with
 */
export function createAcknowledgements(p: { window: number }) {
  let expected: Expected[] = [];
  let waiting: (() => void)[] = [];

  function advance(): void {
    const end = expected.findIndex(({ good }) => good === null);
    const done = expected.splice(0, end === -1 ? expected.length : end);
    for (const { id, good, acknowledge } of done) if (good) acknowledge(id);
    if (expected.length < p.window) for (const next of waiting.splice(0)) next();
  }

  return {
    /**
     * @param q.taken whether it may be acknowledged, when it is done; it never rejects
     * @returns as soon as there is room for another one
     */
    expect(q: { id: number; taken: Promise<boolean>; acknowledge: (id: number) => void }): Promise<void> {
      const one: Expected = { id: q.id, acknowledge: q.acknowledge, good: null };
      expected.push(one);
      void q.taken.then((good) => {
        one.good = good;
        advance();
      });
      if (expected.length < p.window) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    /** The connection is gone: what was under way on it is not acknowledged any more. */
    forget(): void {
      expected = [];
      const released = waiting;
      waiting = [];
      for (const next of released) next();
    },
  };
}
