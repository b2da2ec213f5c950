/** What an account of the ledger is about. docs/formats/ledger.md is the chart. */
export type AccountKind = "wallet" | "balance" | "order" | "gifts" | "unexplained";

/** Tokens that somebody sent to the escrow past its functions: nobody's. */
export const GIFTS = "gifts";

/** Money that the events do not account for. Whatever stands here is a difference. */
export const UNEXPLAINED = "unexplained";

/** What an address gave to the escrow (negative) and got from it, in tokens. */
export const walletOf = (address: string): string => `wallet:${address}`;

/** What the escrow owes an address, to spend on orders or withdraw: `creditOf`. */
export const balanceOf = (address: string): string => `balance:${address}`;

/** What the escrow holds for an order. */
export const heldFor = (order: string): string => `order:${order}`;

/** The kind of an account, and the address or order it belongs to; "" where there is none. */
export function partsOf(account: string): { kind: AccountKind; holder: string } {
  const [kind = "", holder = ""] = account.split(":");
  return { kind: kind as AccountKind, holder };
}
