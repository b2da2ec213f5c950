import { amendTerms, changeLine, fundedBy } from "../../chain/schedules.ts";
import type { AmendmentChanges } from "../../chain/schedules.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { amendOrder, signAmendment } from "../../sdk/settlement/amendOrder.ts";
import { assignClaim, signAssignment } from "../../sdk/settlement/assignClaim.ts";
import type { Assignment } from "../../sdk/settlement/assignClaim.ts";
import { cancelOrder, signCancellation } from "../../sdk/settlement/cancelOrder.ts";
import { issueCreditNote, signCreditNote } from "../../sdk/settlement/issueCreditNote.ts";
import { parseDay } from "../amounts.ts";
import { requireConditions, requireSheet } from "../orders.ts";
import { accountIn, amountIn, orderOf, quantityIn, signingOf } from "./action.ts";
import type { Asked, OrderAction } from "./action.ts";

/** Buyer, supplier, and the owners of claims that end above a place on the payout axis. */
function everybody({ known: { order } }: Asked, above: bigint): string[] {
  const owners = order.claims.slice(0, -1).flatMap(({ end, owner }) => (end > above ? [owner] : []));
  return [...new Set([order.terms.buyer, order.terms.supplier, ...owners])];
}

/** The terms that an amendment puts in force. */
function nextTerms(asked: Asked): OrderTerms {
  const { known, options } = asked;
  const changes: AmendmentChanges = {
    ...(options["due"] === undefined ? {} : { due: parseDay(options["due"]) }),
    ...(options["expiry"] === undefined ? {} : { expiry: parseDay(options["expiry"]) }),
    ...(options["toGroup"] === undefined ? {} : { group: Number(options["toGroup"]) }),
    ...(options["line"] === undefined ? {} : { schedules: schedulesOf(asked, options["line"]) }),
  };
  if (Object.keys(changes).length > 0)
    return amendTerms({ order: known.order.order, terms: known.order.terms, changes });
  throw new FactoryChainError("amendment-empty", "The amendment changes nothing.", {
    expected: "--line with --quantity or --total, --due, --expiry or --to-group",
  });
}

function schedulesOf(asked: Asked, id: string) {
  const { lines } = requireSheet(asked.known);
  const changed = lines.findIndex((line) => line.id === id);
  if (changed < 0) {
    throw new FactoryChainError("line-unknown", `The order has no line "${id}".`, {
      expected: `one of: ${lines.map((line) => line.id).join(", ")}`,
    });
  }
  return asked.known.order.lines.map(({ schedule, delivered, rejected, good, quantity, total }, line) => {
    if (line !== changed) return schedule;
    const next = asked.options["quantity"] === undefined ? quantity : quantityIn({ asked, name: "quantity", line });
    // Another quantity at the same price, unless a total was named.
    const worth = quantity === 0n ? total : (total * next) / quantity;
    const money = asked.options["total"] === undefined ? worth : amountIn(asked, "total");
    return changeLine({ schedule, kept: delivered - rejected, good, quantity: next, total: money });
  });
}

function assignmentIn(asked: Asked): Assignment & { seq: number } {
  const { known, options, seq } = asked;
  const claims = known.order.claims;
  const owner = options["from"] === undefined ? known.order.terms.supplier : accountIn(asked, "from");
  const own = claims.findLast((claim) => claim.owner === owner);
  const claim = options["claim"] === undefined ? (own?.id ?? 0) : Number(options["claim"]);
  const given = { claim, amount: amountIn(asked, "amount"), to: accountIn(asked, "to"), seq };
  return { ...given, slots: Number(options["slots"] ?? "1"), price: amountIn(asked, "price") };
}

function ownerOf(asked: Asked): string {
  const { claim } = assignmentIn(asked);
  return asked.known.order.claims.find(({ id }) => id === claim)?.owner ?? asked.known.order.terms.supplier;
}

const payoutIn = (asked: Asked) => ({ payout: amountIn(asked, "payout"), seq: asked.seq });

const cancel: OrderAction = {
  name: "cancel",
  description: "end an order by consent of both, and of every owner of a claim above the payout",
  options: (command) =>
    command.requiredOption("--payout <amount>", "what the payees get in all, at least what was paid"),
  parties: (asked) => everybody(asked, payoutIn(asked).payout),
  sign: (asked) => signCancellation({ ...signingOf(asked), ...payoutIn(asked) }),
  send: (asked) => cancelOrder({ ...asked, ...orderOf(asked), ...payoutIn(asked) }),
};

const amend: OrderAction = {
  name: "amend",
  description: "change quantity, price, dates or relayer group by consent of both, and of all owners of claims",
  options: (command) =>
    command
      .option("--line <id>", "line that changes")
      .option("--quantity <quantity>", "what is ordered of it from now on, in all")
      .option("--total <amount>", "what that costs in all (default: the same price a unit)")
      .option("--due <date>", "new due date, YYYY-MM-DD")
      .option("--expiry <date>", "deliveries count until the end of that day, YYYY-MM-DD")
      .option("--to-group <id>", "another relayer group"),
  parties: (asked) => everybody(asked, 0n),
  sign: (asked) => signAmendment({ ...signingOf(asked), next: nextTerms(asked), seq: asked.seq }),
  send: (asked) => amendOrder({ ...asked, ...orderOf(asked), next: nextTerms(asked) }),
  pays: (asked) => {
    const { terms } = asked.known.order;
    return { account: terms.buyer, amount: fundedBy(nextTerms(asked)) - fundedBy(terms) };
  },
};

const assign: OrderAction = {
  name: "assign",
  description: "give or sell the lowest unpaid part of a claim: to the next tier, or to a financier",
  options: (command) =>
    command
      .requiredOption("--to <organisation>", "the new owner")
      .requiredOption("--amount <amount>", "how much of the payout")
      .option("--price <amount>", "what the new owner pays for it (default: it is given)")
      .option("--from <organisation>", "whose claim it is (default: the supplier)")
      .option("--claim <id>", "which claim, where somebody owns several")
      .option("--slots <number>", "into how many claims that part may be split", "1"),
  parties: (asked) => {
    const { price, to } = assignmentIn(asked);
    return price === 0n ? [ownerOf(asked)] : [ownerOf(asked), to];
  },
  sign: (asked) => signAssignment({ ...signingOf(asked), ...assignmentIn(asked) }),
  send: (asked) =>
    assignClaim({
      ...asked,
      ...orderOf(asked),
      ...assignmentIn(asked),
      conditions: requireConditions(asked.known),
    }),
  pays: (asked) => {
    const { to: account, price: amount = 0n } = assignmentIn(asked);
    return { account, amount };
  },
};

const creditNote: OrderAction = {
  name: "credit-note",
  description: "the supplier gives money back to the buyer",
  options: (command) => command.requiredOption("--amount <amount>", "how much"),
  parties: ({ known }) => [known.order.terms.supplier],
  sign: (asked) => signCreditNote({ ...signingOf(asked), amount: amountIn(asked, "amount"), nonce: asked.nonce }),
  send: (asked) => issueCreditNote({ ...asked, ...orderOf(asked), amount: amountIn(asked, "amount") }),
  pays: (asked) => ({ account: asked.known.order.terms.supplier, amount: amountIn(asked, "amount") }),
};

export const AGREEMENT_ACTIONS: readonly OrderAction[] = [cancel, amend, assign, creditNote];
