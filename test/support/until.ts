/** Longest wait, in milliseconds: long enough for a machine that does a lot besides. */
const PATIENCE = 30_000;

/** Waits until something holds. Where a test can wait for that, it does not wait for a time. */
export async function until(holds: () => boolean | Promise<boolean>, patience = PATIENCE): Promise<void> {
  for (const end = Date.now() + patience; !(await holds());) {
    if (Date.now() > end) throw new Error(`It never came in ${patience / 1000} s: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
