/**
 * Tests of which each goes on where the one before ended: when one failed, those after it fail at once and say why.
 *
 * @example
 * const step = story();
 * step("takes an order", async () => { ... });
 */
export function story(): (title: string, tell: () => Promise<void>) => void {
  let underWay: string | null = null;
  let broken: string | null = null;
  return (title, tell) => {
    it(title, async function () {
      // What is under way still was given up by mocha.
      broken ??= underWay;
      if (broken !== null) throw new Error(`Not tried, because this failed before: ${broken}`);
      underWay = title;
      await tell();
      underWay = null;
    });
  };
}
