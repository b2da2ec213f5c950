// fast-check as tests use it: random tests draw the same each time, so that a red one is red for everybody and what is
// red has to do with what was changed. `SEED=2 npm test` draws others; a failure prints the seed that it had.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["SEED"] ?? 1) });

export default fc;
