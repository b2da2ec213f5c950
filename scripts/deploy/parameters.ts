import { readFileSync } from "node:fs";
import { z } from "zod";
import { FactoryChainError } from "../../src/lib/errors.ts";

const seconds = z.int().min(0).max(0xffffffff);
const grant = z.strictObject({
  account: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .nullable(),
  delay: seconds,
  grantDelay: seconds,
});

const schema = z.strictObject({
  chainId: z.int().min(1),
  currencies: z.array(z.string().regex(/^[A-Z]{3}$/)).min(1),
  pollMilliseconds: z.int().min(1).max(60_000),
  timeoutSeconds: z.int().min(1).max(86_400),
  adminDelay: seconds,
  roles: z.strictObject({
    REGISTRAR: grant,
    RELAYER_ADMIN: grant,
    ISSUER: grant,
    GUARDIAN: grant,
    RECOVERER: grant.refine(({ delay }) => delay > 0, "delay must be above 0"),
  }),
});

/** What differs from network to network; docs/operations/deploy.md explains each. */
export type Parameters = z.infer<typeof schema>;

/** @throws FactoryChainError `parameters-invalid` */
export function readParameters(file: string): Parameters {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw invalid({ file, what: cause instanceof Error ? cause.message : "no JSON" });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid({ file, what: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as expected"}` });
}

function invalid(p: { file: string; what: string }): FactoryChainError {
  return new FactoryChainError("parameters-invalid", `The parameters in ${p.file} cannot be used: ${p.what}.`, {
    expected: "the members of deploy/parameters/besu.json",
    advice: "Copy that file, change what differs, and pass it with --parameters.",
  });
}
