import { z } from "zod";
import { writeWhole } from "../config/files.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { readInput } from "./files.ts";

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`));
const approvalSchema = z.strictObject({
  action: z.string(),
  order: hex(32),
  /** The options of the action, as they were given. */
  options: z.record(z.string(), z.string()),
  seq: z.int(),
  /** Of the supplier in the escrow, which a credit note names. */
  nonce: z.string().regex(/^\d{1,78}$/),
  /** Seconds since 1970. */
  deadline: z.int(),
  approval: z.strictObject({ account: hex(20), signature: z.string().regex(/^0x([0-9a-fA-F]{2})+$/) }),
});

/** A signature under an action, and what it is under. */
export type ApprovalFile = z.infer<typeof approvalSchema>;

/** Writes a signature for somebody else. */
export function writeApproval(p: { file: string; document: ApprovalFile }): void {
  writeWhole(p.file, `${JSON.stringify(p.document, null, 2)}\n`);
}

/**
 * Reads signatures that all are under one action.
 *
 * @throws FactoryChainError `approval-invalid`, `approval-other`
 */
export function readApprovals(p: {
  files: readonly string[];
  action: string;
  order: string;
  options: Record<string, string>;
}): ApprovalFile[] {
  const found = p.files.map((file) => ({ file, approval: readApproval(file) }));
  const first = found[0]?.approval;
  const same = (one: ApprovalFile) =>
    one.action === p.action &&
    one.order === p.order &&
    one.seq === first?.seq &&
    one.nonce === first.nonce &&
    one.deadline === first.deadline &&
    textOf(one.options) === textOf(p.options);
  const other = found.find(({ approval }) => !same(approval));
  if (other === undefined) return found.map(({ approval }) => approval);
  throw new FactoryChainError("approval-other", `The signature in ${other.file} is under something else.`, {
    expected: `${p.action} ${p.order} with ${textOf(p.options)}, and one deadline and state for all signatures`,
    advice: "Let everybody sign with the same options; with --deadline of the first signature where there are several.",
  });
}

function readApproval(file: string): ApprovalFile {
  const text = readInput({ file, what: "the signature" }).toString();
  try {
    return approvalSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FactoryChainError("approval-invalid", `${file} holds no signature.`, {
      expected: "a file that factorychain order sign wrote",
      advice: "Have it signed again.",
      cause,
    });
  }
}

function textOf(options: Record<string, string>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))));
}
