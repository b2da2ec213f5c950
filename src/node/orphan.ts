/**
 * Loaded into a child before its own program: a child whose parent was killed stops by itself, and if it cannot, as it
 * may be in the middle of its start, it is ended after this time, in milliseconds.
 */
const PATIENCE = 3_000;

process.once("disconnect", () => {
  setTimeout(() => {
    process.stderr.write(`The process that started this one ended ${PATIENCE / 1000} s ago.\n`);
    process.exit(1);
  }, PATIENCE).unref();
});
