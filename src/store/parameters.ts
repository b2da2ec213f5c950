/** SQLite's limit; PostgreSQL's client would send a wrong number beyond twice as many. */
const MOST_PARAMETERS = 32_766;

/**
 * Parameters as both engines can keep them. PostgreSQL has no U+0000 in texts and UTF-8 no halves of surrogate pairs:
 * both become U+FFFD, in both engines, so that relayers with different stores say the same of one message. What
 * identifies something (ids, hashes, event ids) has neither; what has (a topic, the wrong id in a refusal) is for people.
 */
export function storable(parameters: readonly unknown[]): unknown[] {
  if (parameters.length > MOST_PARAMETERS) {
    throw new Error(`A statement has ${String(parameters.length)} parameters; ${String(MOST_PARAMETERS)} is the most.`);
  }
  return parameters.map((value) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\u0000", "\uFFFD") : value,
  );
}
