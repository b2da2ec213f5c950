import { FactoryChainError, RetryableError, withoutCredentials } from "../../lib/errors.ts";

/** Longest wait for a relayer, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * Asks a relayer. Its refusals come as the errors they were there.
 *
 * @throws RetryableError `relayer-unreachable`, `relayer-unavailable`
 * @throws FactoryChainError the code and detail of the relayer's problem document
 */
export async function askRelayer(p: {
  url: string;
  path: string;
  body?: unknown;
  /** Of the operator. */
  token?: string | undefined;
}): Promise<unknown> {
  const { url, path, body, token } = p;
  const signal = AbortSignal.timeout(TIMEOUT);
  const operator = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...operator };
  const post = { method: "POST", headers, body: JSON.stringify(body) };
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(new URL(path, url), { signal, ...(body === undefined ? {} : post) });
    answer = await response.json();
  } catch (cause) {
    throw new RetryableError("relayer-unreachable", `The relayer at ${withoutCredentials(url)} does not answer.`, {
      advice: "See whether the stack runs (factorychain node status), then try again.",
      cause,
    });
  }
  if (response.ok) return answer;
  const { title, detail } = answer as { title?: string; detail?: string };
  const text = detail ?? `The relayer at ${withoutCredentials(url)} answered ${String(response.status)}.`;
  if (response.status >= 500) throw new RetryableError(title ?? "relayer-unavailable", text);
  throw new FactoryChainError(title ?? "relayer-refused", text);
}
