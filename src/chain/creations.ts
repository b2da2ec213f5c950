import { concat, getBytes, hexlify, isHexString, toBeHex, toBigInt } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { interfaces } from "./contracts.ts";
import { escrowDomain, linesFromBytes, orderId } from "./terms.ts";
import type { OrderTerms } from "./terms.ts";
import type { ChainLog } from "./transactions.ts";

/** What the chain says when an order begins, in whichever way it was opened. Addresses and ids are lowercase. */
export interface OrderCreation {
  order: string;
  terms: OrderTerms;
  /** The buyer's balance in the escrow paid, as it does for every order of a batch; false: that, or a token transfer. */
  fromBalance: boolean;
}

/** The events that begin orders. */
export const CREATION_EVENTS = ["OrderCreated", "OrdersCreated"] as const;

// OrderBatch.sol: supplier 20 | clauses 32 | conditions 32 | lines of 12 bytes. The lowest 18 bits of the clauses, points and
// options, are the same in all plain clauses and hold the number of lines instead.
const [SUPPLIER_END, CLAUSES_END, HEAD, LINE] = [20, 52, 84, 12];
const COUNT_BITS = 18n;
const PLAIN = 1n << 10n;

/**
 * Orders of one buyer as `createOrdersFromBalance` takes them.
 * @throws FactoryChainError `order-not-plain` for options or several points a line; `terms-lines` when lines are not whole
 */
export function packOrders(orders: readonly Omit<OrderTerms, "buyer">[]): string {
  return concat(
    orders.flatMap(({ supplier, clauses, conditions, lines }) => {
      const count = linesFromBytes(lines).length;
      if (BigInt.asUintN(Number(COUNT_BITS), clauses) !== PLAIN) throw notPlain();
      return [supplier, toBeHex(clauses - PLAIN + BigInt(count), 32), conditions, lines];
    }),
  );
}

/**
 * What `packOrders` packed.
 * @throws FactoryChainError `terms-batch` when the bytes are not whole orders
 */
export function unpackOrders(bytes: string): Omit<OrderTerms, "buyer">[] {
  if (!isHexString(bytes) || bytes.length % 2 !== 0) throw notWhole();
  // Cut from bytes: to cut from the text would read all of it for each part.
  const data = getBytes(bytes);
  const { length } = data;
  const orders: Omit<OrderTerms, "buyer">[] = [];
  for (let from = 0; from < length;) {
    const part = (start: number, end: number) => hexlify(data.subarray(from + start, from + end));
    if (from + HEAD > length) throw notWhole();
    const word = toBigInt(part(SUPPLIER_END, CLAUSES_END));
    const count = BigInt.asUintN(Number(COUNT_BITS), word);
    const end = HEAD + LINE * Number(count);
    if (from + end > length) throw notWhole();
    orders.push({
      supplier: part(0, SUPPLIER_END),
      clauses: word - count + PLAIN,
      conditions: part(CLAUSES_END, HEAD),
      lines: part(HEAD, end),
    });
    from += end;
  }
  return orders;
}

/**
 * The orders that a log of an escrow began, in the order in which they were opened; none for any other event. An order of
 * a batch gets the id that the escrow keeps it under: the digest of its terms.
 * @param p.chainId of the chain that the log is from, which ids are bound to
 */
export function creationsIn({ log, chainId }: { log: ChainLog; chainId: number }): OrderCreation[] {
  const event = interfaces.supplierEscrow.parseLog(log);
  if (event === null) return [];
  const text = (name: string) => String(event.args[name]).toLowerCase();
  const buyer = text("buyer");
  if (event.name === "OrderCreated") {
    const [supplier, conditions, lines] = [text("supplier"), text("conditions"), text("lines")];
    const terms = { buyer, supplier, clauses: BigInt(event.args["clauses"] as bigint), conditions, lines };
    return [{ order: text("order"), terms, fromBalance: false }];
  }
  if (event.name !== "OrdersCreated") return [];
  const domain = escrowDomain({ chainId, escrow: log.address });
  return unpackOrders(text("orders")).map((order) => {
    const terms = { buyer, ...order };
    return { order: orderId({ domain, terms }), terms, fromBalance: true };
  });
}

function notWhole(): FactoryChainError {
  return new FactoryChainError("terms-batch", "The packed orders are not whole.", {
    expected: "0x-hex: for each supplier 20 bytes, clauses 32, conditions 32, and 12 bytes each line",
  });
}

function notPlain(): FactoryChainError {
  return new FactoryChainError("order-not-plain", "An order of a batch has options or several points a line.", {
    expected: "plain clauses",
    advice: "Open it by itself, with openOrder.",
  });
}
