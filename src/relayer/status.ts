import type { RefusalReason, WaitingReason } from "../formats/reasons.ts";

/** Where a message is: judged again with each block while pending or waiting, for good otherwise. */
export type MessageStatus = "pending" | "counted" | "duplicate" | "refused" | "waiting";

/** Stable codes of the one documented list (`formats/reasons.ts`). */
export type Reason = RefusalReason | WaitingReason;

/** A status with its reason, and a sentence for a person. */
export interface Verdict {
  status: MessageStatus;
  reason: Reason | null;
  detail: string | null;
}

export const pending: Verdict = { status: "pending", reason: null, detail: null };
export const counted: Verdict = { status: "counted", reason: null, detail: null };

export function refused(reason: RefusalReason, detail: string): Verdict {
  return { status: "refused", reason, detail };
}

export function waiting(reason: WaitingReason, detail: string): Verdict {
  return { status: "waiting", reason, detail };
}
