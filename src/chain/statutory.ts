/** An amount at a time, seconds since 1970; minor units. */
export interface DatedAmount {
  time: number;
  amount: bigint;
}

/** What the law asks for, as far as it can be computed: reported, never enforced. */
export interface StatutoryReport {
  /** When the first amount that is not paid was or is due, seconds since 1970; null: all is paid. */
  due: number | null;
  /** Of that, what is not paid and past due, in minor units. */
  overdue: bigint;
  /** Late interest by now on what was or is paid late, in minor units. */
  interest: bigint;
}

const DAY = 86_400;
/** Rates are in millionths a year of 365 days. */
const YEAR = 365n * 1_000_000n;

/**
 * Due dates and late interest. A receipt is due `term` seconds after it; payments cover the earliest receipts first.
 * Interest = amount x rate x whole days late / 365, rounded down for each part that was paid at one time.
 *
 * @param p.receipts when goods were received, and what they earned; in time order
 * @param p.payments in time order
 * @param p.term seconds from receipt to due date
 * @param p.rate late interest a year, in ppm
 * @param p.now seconds since 1970
 */
export function statutoryReport(p: {
  receipts: readonly DatedAmount[];
  payments: readonly DatedAmount[];
  term: number;
  rate: number;
  now: number;
}): StatutoryReport {
  const payments = p.payments.map((payment) => ({ ...payment }));
  const report: StatutoryReport = { due: null, overdue: 0n, interest: 0n };
  const charge = (amount: bigint, due: number, paid: number) => {
    const days = BigInt(Math.max(0, Math.floor((paid - due) / DAY)));
    report.interest += (amount * BigInt(p.rate) * days) / YEAR;
  };
  for (const { time, amount } of [...p.receipts].sort((a, b) => a.time - b.time)) {
    const due = time + p.term;
    let open = amount;
    while (open > 0n) {
      const payment = payments[0];
      if (payment === undefined) break;
      const part = payment.amount < open ? payment.amount : open;
      charge(part, due, payment.time);
      open -= part;
      payment.amount -= part;
      if (payment.amount === 0n) payments.shift();
    }
    if (open === 0n) continue;
    report.due ??= due;
    if (due < p.now) report.overdue += open;
    charge(open, due, p.now);
  }
  return report;
}
