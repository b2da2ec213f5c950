import type { Command } from "commander";
import type { Approval, TypedDataSigner } from "../../chain/consent.ts";
import { CALL } from "../../chain/orderState.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import { parseDecimal, toScaled } from "../../lib/decimal.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import type { AccountClient } from "../../sdk/client.ts";
import { minorUnitOf, parseAmount } from "../amounts.ts";
import { findOrganisation } from "../book.ts";
import type { KnownOrder } from "../orders.ts";
import { requireSheet } from "../orders.ts";
import type { Session } from "../session.ts";

/** What was asked for: an order, and the options as they were given. */
export interface Asked {
  session: Session;
  known: KnownOrder;
  options: Record<string, string | undefined>;
  /** Sequence number of the order, and nonce of the supplier, that signatures name. */
  seq: number;
  nonce: bigint;
}

/** Something that parties do to an order: by their signatures, which anybody sends. */
export interface OrderAction {
  name: string;
  description: string;
  /** Adds the action's own options. */
  options(command: Command): Command;
  /** Accounts whose consent it needs. */
  parties(asked: Asked): string[];
  sign(asked: Asked & { signer: TypedDataSigner; deadline: number }): Promise<Approval>;
  send(
    asked: Asked & { client: AccountClient; deadline: number; approvals: readonly Approval[] },
  ): Promise<SentTransaction>;
  /** Who pays what by an allowance, in minor units. */
  pays?(asked: Asked): { account: string; amount: bigint } | null;
}

/** Currency and terms, as the SDK's actions take them. */
export function orderOf({ known: { order } }: Asked) {
  return { currency: order.currency, terms: order.terms };
}

/** What offline signatures take besides. */
export function signingOf(asked: Asked & { signer: TypedDataSigner; deadline: number }) {
  const { session, signer, deadline } = asked;
  return { ...orderOf(asked), signer, deadline, deployment: session.client.deployment };
}

/** An amount of the order's currency in an option, in minor units. */
export function amountIn(asked: Asked, name: string): bigint {
  const { session, known } = asked;
  const minorUnit = minorUnitOf({ session, currency: known.order.currency });
  return parseAmount({ text: asked.options[name] ?? "0", minorUnit });
}

/** The account of an organisation in an option, or an account as it is. */
export function accountIn(asked: Asked, name: string): string {
  const meant = asked.options[name] ?? "";
  if (/^0x[0-9a-fA-F]{40}$/.test(meant)) return meant.toLowerCase();
  return findOrganisation({ book: asked.session.book.read(), meant }).account;
}

/**
 * The number of the lot in an option: `retention` is the call on the retention.
 *
 * @throws FactoryChainError `lot-invalid`
 */
export function lotIn({ options, known }: Pick<Asked, "options" | "known">): number {
  const text = options["lot"] ?? "";
  if (text === "retention") return CALL;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const open = known.order.lots.map(({ lot }) => (lot === CALL ? "retention" : String(lot))).join(", ");
  throw new FactoryChainError("lot-invalid", `"${text}" is no lot.`, {
    expected: open === "" ? "a lot's number, or retention; nothing is open now" : `one of: ${open}`,
    advice: "factorychain order lots ORDER shows what is open.",
  });
}

/**
 * A quantity in an option, in the scale of a line.
 *
 * @throws FactoryChainError `quantity-invalid`, `order-sheet-missing`
 */
export function quantityIn(p: { asked: Asked; name: string; line: number }): bigint {
  const { asked, name } = p;
  const { decimals = 0, id = "" } = requireSheet(asked.known).lines[p.line] ?? {};
  const text = asked.options[name] ?? "0";
  const quantity = toScaled(parseDecimal(text), decimals);
  if (quantity !== null && quantity >= 0n) return quantity;
  throw new FactoryChainError("quantity-invalid", `${text} is no quantity of line ${id}.`, {
    expected: `zero or more, with at most ${decimals} decimal places`,
  });
}

/** A hash in the option for evidence; none was given: nothing. */
export function evidenceIn({ options }: Asked): { evidence?: string } {
  const evidence = options["evidence"];
  if (evidence === undefined) return {};
  if (/^0x[0-9a-f]{64}$/i.test(evidence)) return { evidence };
  throw new FactoryChainError("evidence-invalid", `${evidence} is no hash.`, {
    expected: "the hash of the evidence, 0x and 64 hexadecimal digits",
  });
}
