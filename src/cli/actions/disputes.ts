import { callRetention, signRetentionCall } from "../../sdk/settlement/callRetention.ts";
import { disputeLot, signDispute } from "../../sdk/settlement/disputeLot.ts";
import { inspectLot, signInspection } from "../../sdk/settlement/inspectLot.ts";
import { ruleLot, signRuling } from "../../sdk/settlement/ruleLot.ts";
import { parsePercent } from "../amounts.ts";
import { requireConditions } from "../orders.ts";
import { accountIn, amountIn, evidenceIn, lotIn, orderOf, quantityIn, signingOf } from "./action.ts";
import type { Asked, OrderAction } from "./action.ts";

const EVIDENCE = ["--evidence <hash>", "hash of what proves it; nothing but the hash goes on the chain"] as const;
const LOT = ["--lot <number>", "number of the lot (order lots shows it), or: retention"] as const;

const conditionsOf = ({ known }: Asked) => ({ conditions: requireConditions(known) });

/** What of a lot is not accepted, in the scale of its line. */
function rejectedIn(asked: Asked) {
  const lot = lotIn(asked);
  const line = asked.known.order.lots.find((one) => one.lot === lot)?.line ?? 0;
  return { lot, rejected: quantityIn({ asked, name: "reject", line }), ...evidenceIn(asked) };
}

const contestIn = (asked: Asked) => ({ lot: lotIn(asked), ...evidenceIn(asked) });
const rulingIn = (asked: Asked) => ({ lot: lotIn(asked), share: parsePercent(asked.options["share"] ?? "") });
const callIn = (asked: Asked) => ({ amount: amountIn(asked, "amount"), ...evidenceIn(asked) });

const partyIn = (asked: Asked): string =>
  asked.options["party"] === undefined ? asked.known.order.terms.supplier : accountIn(asked, "party");

const inspect: OrderAction = {
  name: "inspect",
  description: "the buyer's answer about a lot: so much is rejected, the rest accepted and paid",
  options: (command) =>
    command
      .requiredOption(...LOT)
      .option("--reject <quantity>", "what is not accepted, in the line's unit", "0")
      .option(...EVIDENCE),
  parties: ({ known }) => [known.order.terms.buyer],
  sign: (asked) => signInspection({ ...signingOf(asked), ...rejectedIn(asked) }),
  send: (asked) => inspectLot({ ...asked, ...orderOf(asked), ...conditionsOf(asked), ...rejectedIn(asked) }),
};

const call: OrderAction = {
  name: "call-retention",
  description: "the buyer's one call on the retention, before its date",
  options: (command) => command.requiredOption("--amount <amount>", "what is claimed of it").option(...EVIDENCE),
  parties: ({ known }) => [known.order.terms.buyer],
  sign: (asked) => signRetentionCall({ ...signingOf(asked), ...callIn(asked) }),
  send: (asked) => callRetention({ ...asked, ...orderOf(asked), ...callIn(asked) }),
};

const dispute: OrderAction = {
  name: "dispute",
  description: "contest a rejection, or the call on the retention: the arbiter rules then",
  options: (command) =>
    command
      .requiredOption(...LOT)
      .option("--party <organisation>", "who contests it: the supplier, or an owner of a claim (default: supplier)")
      .option(...EVIDENCE),
  parties: (asked) => [partyIn(asked)],
  sign: (asked) => signDispute({ ...signingOf(asked), ...contestIn(asked) }),
  send: (asked) =>
    disputeLot({
      ...asked,
      ...orderOf(asked),
      ...conditionsOf(asked),
      ...contestIn(asked),
      party: partyIn(asked),
    }),
};

const rule: OrderAction = {
  name: "rule",
  description: "the arbiter's ruling: what share of the disputed value is due to the supplier's side",
  options: (command) => command.requiredOption(...LOT).requiredOption("--share <percent>", "0 to 100"),
  parties: ({ known }) => [requireConditions(known).arbiter],
  sign: (asked) => signRuling({ ...signingOf(asked), ...rulingIn(asked) }),
  send: (asked) => ruleLot({ ...asked, ...orderOf(asked), ...conditionsOf(asked), ...rulingIn(asked) }),
};

export const DISPUTE_ACTIONS: readonly OrderAction[] = [inspect, call, dispute, rule];
