import { expect } from "chai";
import { statutoryReport } from "../../src/chain/statutory.ts";

const DAY = 86_400;

describe("statutory due dates and late interest", () => {
  const base = { term: 60 * DAY, rate: 155_000, now: 200 * DAY };

  it("are nothing when all was paid in time", () => {
    const receipts = [{ time: 0, amount: 1_000n }];
    const payments = [{ time: 60 * DAY, amount: 1_000n }];
    expect(statutoryReport({ ...base, receipts, payments })).to.deep.equal({ due: null, overdue: 0n, interest: 0n });
  });

  it("count whole days on what is not paid, the earliest receipts paid first, each part rounded down", () => {
    const receipts = [
      { time: 0, amount: 1_000_000n },
      { time: 100 * DAY, amount: 500_000n },
    ];
    const payments = [{ time: 70 * DAY + 5, amount: 400_000n }];
    // 400,000 x 15.5% x 10/365 = 1,698.6; 600,000 x 15.5% x 140/365 = 35,671.2; 500,000 x 15.5% x 40/365 = 8,493.1
    expect(statutoryReport({ ...base, receipts, payments })).to.deep.equal({
      due: 60 * DAY,
      overdue: 1_100_000n,
      interest: 1_698n + 35_671n + 8_493n,
    });
  });
});
