import { z } from "zod";
import { RetryableError, withoutCredentials } from "../../lib/errors.ts";

const readinessSchema = z.object({
  ready: z.boolean(),
  /** Whether this process signs and submits, or stands by for one that does. */
  role: z.enum(["leader", "standby"]),
  /** The newest block that was followed, and seconds since it was made. */
  head: z.object({ number: z.int(), age: z.number() }).nullable(),
  /** Who has the lease on the relayer's key. */
  lease: z.object({ holder: z.string(), epoch: z.int() }).nullable(),
  /** Why it is not ready. */
  reasons: z.array(z.object({ code: z.string(), detail: z.string() })),
});

export type Readiness = z.infer<typeof readinessSchema>;

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * Asks a relayer whether it does its work.
 *
 * @throws RetryableError `relayer-unreachable`
 * @example
 * const { ready, reasons } = await readReadiness({ url: "http://127.0.0.1:18701" });
 */
export async function readReadiness({ url }: { url: string }): Promise<Readiness> {
  try {
    const response = await fetch(new URL("/ready", url), { signal: AbortSignal.timeout(TIMEOUT) });
    return readinessSchema.parse(await response.json());
  } catch (cause) {
    throw new RetryableError("relayer-unreachable", `The relayer at ${withoutCredentials(url)} does not answer.`, {
      advice: "See that it runs and that the URL is the one that it listens at.",
      cause,
    });
  }
}
