/**
 * Loaded into a child before its own program: a child whose parent was killed stops by itself, and if it cannot, as it
 * may be in the middle of its start, it is ended after this time, in milliseconds.
 */
const PATIENCE = 3_000;

process.once("disconnect", () => {
  setTimeout(() => process.exit(1), PATIENCE).unref();
});
