import { FactoryChainError } from "../lib/errors.ts";
import type { Session } from "./session.ts";

/**
 * The currency that a person means: the one that was named, or the only one there is.
 *
 * @throws FactoryChainError `currency-unclear`; ChainError `currency-not-deployed`
 */
export function currencyOf(p: { session: Session; asked: string | undefined }): string {
  const known = Object.keys(p.session.client.deployment.currencies);
  const [only] = known;
  if (p.asked !== undefined) {
    p.session.client.contracts.currency(p.asked); // throws where there is none
    return p.asked;
  }
  if (known.length === 1 && only !== undefined) return only;
  throw new FactoryChainError("currency-unclear", "It is not said which currency is meant.", {
    expected: `--currency with one of: ${known.join(", ")}`,
  });
}
