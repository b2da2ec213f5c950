import type { RevertText } from "./revertTable.ts";

/** What disputes, agreements and claims can be refused with, by the error's signature. */
export const ACTION_REVERTS: Readonly<Record<string, RevertText>> = {
  "LotStatusOther(bytes32 order, uint32 lot, uint8 status)": {
    message: "Lot {lot} of order {order} is {status:lotStatus}.",
    expected: "a lot in the state that this action needs",
    advice: "Look at the order's lots: an answer, a dispute and a ruling follow each other, once each.",
  },
  "LotTooLate(bytes32 order, uint32 lot, uint256 ends, uint256 now_)": {
    message: "The time for lot {lot} of order {order} was over at {ends:time}; the chain's time is {now_:time}.",
    expected: "an action before that",
    advice: "Resolve the lot: silence has decided it.",
  },
  "LotTooEarly(bytes32 order, uint32 lot, uint256 ends, uint256 now_)": {
    message: "Lot {lot} of order {order} still has time until {ends:time}; the chain's time is {now_:time}.",
    expected: "a call from that time on",
    advice: "Wait; whose turn it is may act until then.",
  },
  "LotQuantity(uint256 rejected, uint256 quantity)": {
    message: "{rejected} were to be rejected of a lot of {quantity}.",
    expected: "at most {quantity}, in the line's scale",
    advice: "Reject no more than the lot holds.",
  },
  "LotParty(address party)": {
    message: "{party} may not dispute: it is neither the supplier nor the owner of an unpaid claim.",
    expected: "the supplier, or an owner with the present list of claims",
    advice: "Read the claims again, or let the supplier dispute.",
  },
  "LotShare(uint256 share)": {
    message: "A share of {share} ppm is more than all.",
    expected: "a share from 0 to 1000000 ppm",
    advice: "Correct the share: 500000 is one half.",
  },
  "RetentionCallRefused(bytes32 order, uint256 until, uint256 now_)": {
    message: "The retention of order {order} cannot be called on: it ends at {until:time}, now is {now_:time}.",
    expected: "the first call, before that date",
    advice: "There is one call only; after the date the retention is the supplier's.",
  },
  "RetentionAmount(uint256 amount, uint256 held)": {
    message: "{amount} minor units were called, {held} are held back.",
    expected: "from 1 to {held}",
    advice: "Call at most what is held back.",
  },
  "CancellationPayout(uint256 payout, uint256 paid, uint256 funded)": {
    message: "A payout of {payout} in all is impossible: {paid} were paid, {funded} are there.",
    expected: "from {paid} to {funded} minor units, cumulative",
    advice: "Agree on another figure; it counts what was paid before.",
  },
  "AmendmentEnded(bytes32 order)": {
    message: "Order {order} has ended and cannot be amended.",
    expected: "an open order",
    advice: "Open a new order for what is still wanted.",
  },
  "AmendmentGroup(bytes32 order)": {
    message: "Order {order} cannot move to another relayer group: the present one can confirm its deliveries.",
    expected: "the present group, as long as enough of its members are alive",
    advice: "Leave the group as it is; it can be changed once the present one fell below its threshold.",
  },
  "AmendmentTerms(bytes32 order)": {
    message: "The new terms of order {order} change what an amendment may not change, or are not whole.",
    expected:
      "other schedules, dates or relayer group only; the option for amended terms; lines that begin with the id",
    advice: "Write the terms with amendTerms; parties, conditions and rates need a new order.",
  },
  "AmendmentSchedule(uint256 line)": {
    message: "The new schedule of line {line} does not rise, or changes the value of what was accepted.",
    expected: "points whose quantity rises and whose money does not fall, through the value at the present quantity",
    advice: "Keep the schedule as it is up to what was delivered, and add a point there.",
  },
  "AmendmentQuantity(uint256 line, uint256 ordered, uint256 delivered)": {
    message: "Line {line} cannot be cut to {ordered}: {delivered} were delivered and not rejected.",
    expected: "at least {delivered}",
    advice: "Order no less than what was delivered.",
  },
  "AmendmentDates(uint256 due, uint256 expiry, uint256 now_)": {
    message: "The new dates do not fit: due {due:time}, expiry {expiry:time}, now {now_:time}.",
    expected: "new dates that are not past, due <= expiry, expiry not after the retention's end",
    advice: "Correct the dates.",
  },
  "AmendmentBounds(uint256 total, uint256 unitDays)": {
    message: "The amended order is too large: {total} minor units, {unitDays} unit-days.",
    expected: "a total below 72057594037927935 minor units, at most 17592186044416 unit-days a line",
    advice: "Order less, or open a second order.",
  },
  "CreditNoteRefused(bytes32 order, uint256 amount)": {
    message: "A credit note over {amount} minor units for order {order} is refused.",
    expected: "an amount above zero, for an order that was created",
    advice: "Check the order and the amount.",
  },
  "ClaimUnknown(bytes32 order, uint32 claim)": {
    message: "Order {order} has no claim {claim} now.",
    expected: "the id of an unpaid claim; 0 is the supplier's whole before the first assignment",
    advice: "Read the claims: an assignment gives both parts new ids.",
  },
  "ClaimInterval(uint256 start, uint256 end, uint256 maxStart, uint256 limit)": {
    message: "The part from {start} to {end} does not fit: it may begin at {maxStart} at most and end at {limit}.",
    expected: "an amount above zero, a start up to {maxStart}, an end up to {limit}",
    advice: "Read the order again; what is paid moves where the lowest unpaid part begins.",
  },
  "ClaimSlots(uint256 slots, uint256 available)": {
    message: "{slots} slots cannot go with this part; the claim has {available}.",
    expected: "at least 1 for a part, leaving at least 1; all {available} for a whole claim",
    advice: "Pass on fewer slots, or sell the claim whole.",
  },
  "ClaimOwner(address to)": {
    message: "{to} cannot own a claim on this order.",
    expected: "an account that is neither zero, nor the escrow, nor the arbiter",
    advice: "Name another account.",
  },
};
