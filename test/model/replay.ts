// Plays recorded runs with the arithmetic of settlement.ts. Which actions are allowed, and when, is taken from the
// record; every figure is computed here.
import {
  assignmentOf,
  big,
  fundedOf,
  heldBackAt,
  orderOf,
  pointsOf,
  recordOf,
  reportOf,
  textOf,
} from "./orderState.ts";
import type { LineState, OrderState } from "./orderState.ts";
import type { Action, Balances } from "./recorded.ts";
import {
  MILLION,
  assign,
  countReport,
  earnedOf,
  forfeitedBy,
  orderedBy,
  payOut,
  refundOf,
  splitLot,
  worthOf,
} from "./settlement.ts";

const ESCROW = "escrow";
const WITHOUT_MONEY = ["make_group", "retire", "propose_member", "enact_member"];

export interface Replay {
  now(): number;
  orders: Map<string, OrderState>;
  /** Does what the record says was allowed. */
  play(action: Action): void;
  balances(): Balances;
}

export function createReplay(): Replay {
  let now = 0;
  const wallets = new Map<string, bigint>();
  const credits = new Map<string, bigint>();
  const refusing = new Set<string>();
  const orders = new Map<string, OrderState>();

  const actions: Record<string, (a: Action, order: OrderState) => void> = {
    wait: (a) => (now += Number(a.seconds)),
    mint: (a) => add(wallets, String(a.to), big(a.amount)),
    refuse: (a) => (a.on ? refusing.add(String(a.account)) : refusing.delete(String(a.account))),
    deposit: (a) => {
      move(String(a.by), ESCROW, big(a.amount));
      add(credits, String(a.by), big(a.amount));
    },
    withdraw: (a) => {
      add(credits, String(a.by), -big(a.amount));
      move(ESCROW, String(a.to ?? a.by), big(a.amount));
    },
    create: (a) => {
      const order = orderOf(a);
      orders.set(String(a.order), order);
      if (a.from_balance) add(credits, order.buyer, -fundedOf(order));
      else move(order.buyer, ESCROW, fundedOf(order));
    },
    confirm(a, order) {
      const index = Number(a.line);
      const line = order.lines[index]!;
      const counted = countReport(reportOf(a, order));
      if (!counted) throw new Error("The report was counted, and should have been skipped.");
      const { quantity, late } = counted;
      line.delivered += quantity;
      line.late += late;
      if (order.window === 0) accept({ order, line, quantity, late, share: MILLION });
      else
        order.lots.set(String(order.nextLot++), {
          line: index,
          ...counted,
          ends: now + order.window,
          status: "pending",
        });
      pay(order, a);
    },
    inspect(a, order) {
      const lot = order.lots.get(String(a.lot))!;
      const { accepted, rejected } = splitLot({ ...lot, reject: big(a.reject) });
      if (accepted.quantity > 0n) accept({ order, line: order.lines[lot.line!]!, ...accepted, share: MILLION });
      if (rejected.quantity > 0n) {
        order.lots.set(String(a.lot), { line: lot.line, ...rejected, ends: now + order.answer, status: "rejected" });
        order.seq++;
      } else order.lots.delete(String(a.lot));
      pay(order, a);
    },
    claim_retention(a, order) {
      const ends = now + order.answer;
      order.lots.set("retention", { line: null, quantity: big(a.amount), late: 0n, ends, status: "rejected" });
      order.called = true;
      order.seq++;
    },
    dispute(a, order) {
      const lot = order.lots.get(String(a.lot))!;
      order.lots.set(String(a.lot), { ...lot, status: "disputed", ends: now + order.arbitration });
      order.seq++;
    },
    rule(a, order) {
      decide(order, String(a.lot), big(a.share));
      pay(order, a);
    },
    resolve(a, order) {
      const lot = order.lots.get(String(a.lot))!;
      if (lot.status === "rejected" && lot.line !== null) {
        const line = order.lines[lot.line]!;
        line.rejected += lot.quantity;
        line.decided += lot.quantity;
        order.lots.delete(String(a.lot));
      } else decide(order, String(a.lot), { pending: MILLION, rejected: 0n, disputed: order.split }[lot.status]);
      pay(order, a);
    },
    /** Not an action of its own: what a confirmation does for the owners of claims though it skips the report. */
    pay_owners: (a, order) => pay(order, a),
    settle(a, order) {
      pay(order, a);
      closeIfOver(order);
    },
    refund(_a, order) {
      const lines = order.lines.map((line) => ({ ...line, pending: line.delivered - line.decided }));
      const amount = refundOf({ lines });
      order.refunded += amount;
      order.ended = true;
      push(order.buyer, amount);
      closeIfOver(order);
    },
    cancel(a, order) {
      Object.assign(order, { earned: big(a.payout), forfeited: 0n, retention: 0n });
      order.lots.clear();
      pay(order, a);
      close(order);
    },
    amend(a, order) {
      const before = fundedOf(order);
      const schedules = pointsOf(a);
      order.lines.forEach((line, i) => (line.points = schedules[i]!));
      Object.assign(order, { due: Number(a.due), expiry: Number(a.expiry), seq: order.seq + 1 });
      const more = fundedOf(order) - before;
      if (more > 0n) move(order.buyer, ESCROW, more);
      else push(order.buyer, -more);
    },
    credit_note(a, order) {
      move(String(a.by), ESCROW, big(a.amount));
      push(order.buyer, big(a.amount));
    },
    assign(a, order) {
      const seller = order.claims.find(({ id }) => id === a.id)!.owner;
      const claims = assign(assignmentOf(a, order));
      if (!claims) throw new Error("The claim was assigned, and should not have been.");
      Object.assign(order, { claims, nextId: order.nextId + 2 });
      if (big(a.price) > 0n) move(String(a.to), ESCROW, big(a.price));
      push(seller, big(a.price));
    },
  };

  function add(accounts: Map<string, bigint>, name: string, amount: bigint): void {
    accounts.set(name, (accounts.get(name) ?? 0n) + amount);
  }

  function move(from: string, to: string, amount: bigint): void {
    add(wallets, from, -amount);
    add(wallets, to, amount);
  }

  function push(to: string, amount: bigint): void {
    if (refusing.has(to)) add(credits, to, amount);
    else move(ESCROW, to, amount);
  }

  function pay(order: OrderState, { claims: stale }: Action): void {
    if (stale) return;
    const { earned, claims, paid } = order;
    const payable = earned - heldBackAt(order, now);
    const payout = payOut({ claims, paid, payable });
    for (const { owner, amount } of payout.parts) push(owner, amount);
    Object.assign(order, { paid: payout.paid, claims: payout.claims });
  }

  function closeIfOver(order: OrderState): void {
    const over = order.lines.every(
      ({ delivered, decided, rejected, points }) =>
        delivered === decided && (order.ended || delivered === orderedBy(points) + rejected),
    );
    if (over && order.lots.size === 0 && order.paid === order.earned - order.forfeited) close(order);
  }

  function close(order: OrderState): void {
    const rest = fundedOf(order) - order.paid - order.refunded;
    order.lots.clear();
    Object.assign(order, { open: false, refunded: order.refunded + rest, claims: order.claims.slice(-1) });
    push(order.buyer, rest);
  }

  return {
    now: () => now,
    orders,
    play(action) {
      if (WITHOUT_MONEY.includes(action.do)) return;
      const act = actions[action.do];
      if (!act) throw new Error(`The replay does not know ${action.do}.`);
      act(action, orders.get(String(action.order))!);
    },
    balances: () => ({
      wallets: textOf(wallets),
      credits: textOf(credits),
      orders: Object.fromEntries([...orders].map(([name, order]) => [name, recordOf(order)])),
    }),
  };
}

function accept(p: { order: OrderState; line: LineState; quantity: bigint; late: bigint; share: bigint }): void {
  const { order, line, ...decided } = p;
  line.decided += p.quantity;
  line.good += worthOf({ ...decided, rate: order.rate });
  order.earned = earnedOf(order);
}

function decide(order: OrderState, number: string, share: bigint): void {
  const { line, quantity, late } = order.lots.get(number)!;
  order.lots.delete(number);
  if (line === null) order.forfeited = forfeitedBy({ called: quantity, share });
  else accept({ order, line: order.lines[line]!, quantity, late, share });
}
