import { balanceOf, heldFor, UNEXPLAINED, walletOf } from "./accounts.ts";
import type { LedgerEvent } from "./events.ts";
import { totalOf } from "./orders.ts";
import type { OrderFigures } from "./orders.ts";

/** Where money of an event comes from. */
export type Source =
  /** An account of the ledger. */
  | { account: string }
  /** An address, by a token transfer that follows at once; without one, where `orBalance`, from its balance. */
  | { payer: string; orBalance: boolean };

/** Where it goes. */
export type Target =
  | { account: string }
  /** An address, by a token transfer or, where `orCredit` and the token refused, by a credit to its balance. */
  | { payee: string; orCredit: boolean };

/** One movement of money that an event tells of. */
export interface Move {
  from: Source;
  to: Target;
  amount: bigint;
}

const NOBODY = "";

/**
 * The rules: what money an event moves. PaymentCredited and Transfer move none of their own; they say how the moves of
 * the other events were carried out.
 *
 * @param orders as they were before the event
 */
export function movesOf(event: LedgerEvent, orders: ReadonlyMap<string, OrderFigures>): Move[] {
  const moves = rule(event, orders);
  return moves.filter(({ amount }) => amount > 0n);
}

function rule(event: LedgerEvent, orders: ReadonlyMap<string, OrderFigures>): Move[] {
  const held = { account: "order" in event ? heldFor(event.order) : UNEXPLAINED };
  const terms = "order" in event ? orders.get(event.order)?.terms : undefined;
  const { buyer, supplier } = terms ?? { buyer: NOBODY, supplier: NOBODY };
  switch (event.name) {
    case "OrderCreated":
      return [{ from: fundingOf(event), to: held, amount: totalOf(event.terms) }];
    case "DeliveryConfirmed":
      return [{ from: held, to: paying(supplier), amount: event.paid }];
    case "OrderPaid":
      return event.payments.map(({ payee, amount }) => ({ from: held, to: paying(payee), amount }));
    case "OrderEnded":
    case "OrderClosed":
      return [{ from: held, to: paying(buyer), amount: event.amount }];
    case "OrderAmended": {
      const before = orders.get(event.order)?.funded ?? 0n;
      const total = totalOf(event.terms);
      return total > before
        ? [{ from: pulling(buyer), to: held, amount: total - before }]
        : [{ from: held, to: paying(buyer), amount: before - total }];
    }
    case "CreditNoteIssued":
      return [{ from: pulling(supplier), to: paying(buyer), amount: event.amount }];
    case "ClaimAssigned":
      return [{ from: pulling(event.to), to: paying(event.from), amount: event.price }];
    case "Deposited":
      return [{ from: pulling(event.account), to: { account: balanceOf(event.account) }, amount: event.amount }];
    case "CreditWithdrawn":
      return [
        {
          from: { account: balanceOf(event.account) },
          to: { payee: event.to, orCredit: false },
          amount: event.amount,
        },
      ];
    case "LotInspected":
    case "LotDecided":
    case "OrderCancelled":
    case "PaymentCredited":
    case "Transfer":
      return [];
  }
}

const fundingOf = ({ terms: { buyer }, fromBalance }: { terms: { buyer: string }; fromBalance: boolean }): Source =>
  fromBalance ? { account: balanceOf(buyer) } : { payer: buyer, orBalance: true };
const pulling = (payer: string): Source => ({ payer, orBalance: false });
const paying = (payee: string): Target => ({ payee, orCredit: true });

/** The account of a payer when a token moved, or when none did. */
export function sourceOf(source: Source, how: "moved" | "nothing moved"): string {
  if ("account" in source) return source.account;
  if (how === "moved") return walletOf(source.payer);
  return source.orBalance ? balanceOf(source.payer) : UNEXPLAINED;
}
