// What the contract says where the model refuses. Where several reasons hold, the contract may look at them in another
// order: then it may name the later ones too.

import type { Action } from "./recorded.ts";

/** An error that the token makes of too little money: it subtracts. */
const TOO_LITTLE = "contract-panic";
/** Of an error that we have no name for, as the test's token throws. */
const UNKNOWN = "reverted-unknown";
/** What is not even encoded, because it is too wide for its place: that comes before any other reason. */
const TOO_WIDE = ["terms-range", "value-invalid"];

const LOT = { "not open": ["order-not-open"], lot: ["lot-status-other"], "too late": ["lot-too-late"] };

const CODES: Record<string, Record<string, string[]>> = {
  deposit: { balance: [TOO_LITTLE] },
  withdraw: { credit: ["credit-too-small"], "refused by the receiver": ["credit-receiver", UNKNOWN] },
  make_group: { group: ["quorum-size"] },
  retire: { "not a member": ["quorum-member-index", "quorum-member-retired"] },
  propose_member: { member: ["quorum-member-already"] },
  enact_member: { "too early": ["quorum-too-early", "quorum-not-proposed"] },
  create: {
    exists: ["order-exists", "order-dates"],
    "buyer has not signed": ["consent-missing"],
    terms: ["order-payee", "quorum-unknown-group"],
    lines: ["order-lines", "order-lateness", "order-total", "terms-lines"],
    dates: ["order-dates", "order-windows"],
    rates: ["order-rates"],
    arbiter: ["order-arbiter", "order-windows"],
    "retention date": ["order-retention-date"],
    credit: ["balance-too-small"],
    balance: [TOO_LITTLE],
  },
  confirm: {
    "not open": ["not-open", "quorum-too-few"],
    quorum: ["quorum-too-few"],
    ended: ["not-open", "after-expiry", "unknown-line"],
    line: ["unknown-line"],
    stale: ["stale-from"],
    "nothing new": ["nothing-new"],
  },
  inspect: { ...LOT, buyer: ["consent-missing", "lot-quantity"] },
  claim_retention: {
    "not open": ["order-not-open"],
    claim: ["retention-call-refused", "consent-missing"],
    amount: ["retention-amount"],
  },
  dispute: { ...LOT, party: ["lot-party"] },
  rule: { ...LOT, arbiter: ["consent-missing", "lot-share"] },
  resolve: { "not open": ["order-not-open"], "too early": ["lot-too-early", "lot-status-other"] },
  settle: { "not open": ["order-not-open"] },
  refund: { "not open": ["order-not-open"], "too early": ["order-refund-too-early", "order-ended-already"] },
  cancel: {
    "not open": ["order-not-open", "deadline-over"],
    stale: ["order-sequence", "deadline-over"],
    signatures: ["consent-missing"],
    payout: ["cancellation-payout"],
  },
  amend: {
    "not open": ["order-not-open", "deadline-over"],
    stale: ["order-sequence", "deadline-over", "amendment-ended"],
    // The contract looks at one line after the other, and at their total in the end.
    schedule: ["amendment-schedule", "amendment-quantity", "amendment-bounds", "amendment-dates", "amendment-group"],
    lines: ["amendment-bounds", "amendment-quantity", "amendment-schedule", "amendment-dates"],
    group: ["quorum-unknown-group"],
    "group is alive": ["amendment-group", "amendment-dates"],
    "below delivered": ["amendment-quantity", "amendment-dates"],
    "the past": ["amendment-schedule", "amendment-dates"],
    dates: ["amendment-dates"],
    "retention date": ["amendment-dates"],
    signatures: ["consent-missing"],
    balance: [TOO_LITTLE],
  },
  credit_note: { supplier: ["consent-missing", "credit-note-refused"], balance: [TOO_LITTLE] },
  assign: {
    "not open": ["order-not-open", "deadline-over"],
    stale: ["order-sequence", "deadline-over", "claim-unknown"],
    terms: ["claim-owner", "claim-interval", "consent-missing"],
    signatures: ["consent-missing"],
    interval: ["claim-interval"],
    slots: ["claim-slots"],
    balance: [TOO_LITTLE],
  },
};

/** The codes with which the chain may refuse an action that the model refuses for a reason; none for an unknown reason. */
export function codesOf({ action, reason }: { action: string; reason: string }): string[] {
  const codes = CODES[action]?.[reason];
  return codes === undefined ? [] : [...codes, ...TOO_WIDE];
}

/** `settle` with nothing to pay, or with an old list, does nothing in the model; the contract says which. */
export function codeOfIdleSettle({ claims }: Action): string {
  return claims === undefined ? "order-nothing-to-settle" : "order-claims-stale";
}
