import { Interface } from "ethers";
import { interfaces } from "../../chain/contracts.ts";
import { unpackBooking } from "../../chain/terms.ts";
import { creationsIn } from "../../chain/creations.ts";
import type { OrderCreation } from "../../chain/creations.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { ChainLog } from "../../chain/transactions.ts";

/** Where an event stands on the chain. */
export interface Place {
  block: number;
  /** Hash of the transaction. */
  transaction: string;
  /** Position of the log in the block. */
  log: number;
}

/** What of an event concerns money. Addresses and ids are lowercase, amounts in minor units. */
export type MoneyEvent =
  /** Whichever event began it. */
  | ({ name: "OrderCreated" } & OrderCreation)
  | { name: "DeliveryConfirmed"; order: string; earned: bigint; paid: bigint }
  | { name: "OrderPaid"; order: string; payments: { payee: string; amount: bigint }[] }
  | { name: "PaymentCredited"; payee: string; amount: bigint }
  | { name: "OrderEnded"; order: string; amount: bigint }
  | { name: "OrderClosed"; order: string; amount: bigint }
  | { name: "LotInspected"; order: string; earned: bigint }
  | { name: "LotDecided"; order: string; retention: boolean; amount: bigint }
  | { name: "OrderCancelled"; order: string; payout: bigint }
  /** The terms from then on; the buyer is never amended. */
  | { name: "OrderAmended"; order: string; terms: Omit<OrderTerms, "buyer"> }
  | { name: "CreditNoteIssued"; order: string; amount: bigint }
  | { name: "ClaimAssigned"; order: string; from: string; to: string; price: bigint }
  | { name: "Deposited"; account: string; amount: bigint }
  | { name: "CreditWithdrawn"; account: string; to: string; amount: bigint }
  /** Of the currency's token, to the escrow (`in`) or from it; `other` is who gave or got. */
  | { name: "Transfer"; direction: "in" | "out"; other: string; amount: bigint };

export type LedgerEvent = Place & MoneyEvent;

/** Lot of the call on the retention. */
const CALL = 2n ** 32n - 1n;
const AMOUNT_BITS = 96n;

const token = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);

/** First topic of the token's Transfer. */
export const TRANSFER_TOPIC = token.getEvent("Transfer")?.topicHash ?? "";

/**
 * The events about money in logs of an escrow and its token, in the chain's order. Other events and other contracts'
 * logs are left out, as are transfers that do not touch the escrow.
 */
export function moneyEvents(p: {
  logs: readonly ChainLog[];
  escrow: string;
  token: string;
  chainId: number;
}): LedgerEvent[] {
  const read = p.logs.flatMap((log): LedgerEvent[] => {
    const place = { block: log.blockNumber, transaction: log.transactionHash, log: log.index };
    return eventsIn(log, p).map((event) => ({ ...place, ...event }));
  });
  return read.sort((a, b) => a.block - b.block || a.log - b.log);
}

function eventsIn(log: ChainLog, p: { escrow: string; token: string; chainId: number }): MoneyEvent[] {
  if (log.address !== p.token && log.address !== p.escrow) return [];
  if (log.address === p.escrow) {
    const creations = creationsIn({ log, chainId: p.chainId });
    if (creations.length > 0) return creations.map((creation) => ({ name: "OrderCreated", ...creation }));
  }
  const event = log.address === p.token ? transferIn(log, p.escrow) : moneyIn(log);
  return event === null ? [] : [event];
}

function transferIn(log: ChainLog, escrow: string): MoneyEvent | null {
  const args = token.parseLog(log)?.args;
  if (args === undefined) return null;
  const [from, to, amount] = [text(args["from"]), text(args["to"]), args["value"] as bigint];
  if (to === escrow) return { name: "Transfer", direction: "in", other: from, amount };
  return from === escrow ? { name: "Transfer", direction: "out", other: to, amount } : null;
}

function moneyIn(log: ChainLog): MoneyEvent | null {
  const parsed = interfaces.supplierEscrow.parseLog(log);
  if (parsed === null) return null;
  const { args } = parsed;
  const hex = (name: string) => text(args[name]);
  const amount = (name: string) => args[name] as bigint;
  const order = parsed.fragment.inputs.some(({ name }) => name === "order") ? hex("order") : "";
  switch (parsed.name) {
    case "DeliveryConfirmed": {
      const { earned, paid } = unpackBooking(amount("booking"));
      return { name: parsed.name, order, earned, paid };
    }
    case "OrderPaid":
      return { name: parsed.name, order, payments: [...(args["payments"] as Iterable<bigint>)].map(paymentOf) };
    case "PaymentCredited":
      return { name: parsed.name, payee: hex("payee"), amount: amount("amount") };
    case "OrderEnded":
      return { name: parsed.name, order, amount: amount("refunded") };
    case "OrderClosed":
      return { name: parsed.name, order, amount: amount("returned") };
    case "LotInspected":
      return { name: parsed.name, order, earned: amount("earned") };
    case "LotDecided":
      return { name: parsed.name, order, retention: amount("lot") === CALL, amount: amount("amount") };
    case "OrderCancelled":
      return { name: parsed.name, order, payout: amount("payout") };
    case "OrderAmended":
      return {
        name: parsed.name,
        order,
        terms: {
          supplier: hex("supplier"),
          clauses: amount("clauses"),
          conditions: hex("conditions"),
          lines: hex("lines"),
        },
      };
    case "CreditNoteIssued":
      return { name: parsed.name, order, amount: amount("amount") };
    case "ClaimAssigned":
      return { name: parsed.name, order, from: hex("from"), to: hex("to"), price: amount("price") };
    case "Deposited":
      return { name: parsed.name, account: hex("account"), amount: amount("amount") };
    case "CreditWithdrawn":
      return { name: parsed.name, account: hex("account"), to: hex("to"), amount: amount("amount") };
    default:
      return null;
  }
}

/** Payment.sol: payee 160 | amount 96. */
function paymentOf(word: bigint): { payee: string; amount: bigint } {
  const payee = `0x${(word >> AMOUNT_BITS).toString(16).padStart(40, "0")}`;
  return { payee, amount: BigInt.asUintN(Number(AMOUNT_BITS), word) };
}

function text(value: unknown): string {
  return String(value).toLowerCase();
}
