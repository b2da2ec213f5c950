import { expect } from "chai";
import { rebaseDates, termsDates } from "../../src/formats/orderDates.ts";
import type { PurchaseOrder } from "../../src/formats/purchaseOrder.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { bytes, order } from "./documents.ts";

const NOW = Date.parse("2026-11-22T13:45:00Z") / 1000;
const base = parseUblOrder(bytes(order()));
const dated = (issued: string | null, latestDelivery: string | null): PurchaseOrder => ({
  ...base,
  issued,
  latestDelivery,
});
const rebased = (issued: string | null, latestDelivery: string | null) => {
  const moved = rebaseDates({ order: dated(issued, latestDelivery), now: NOW });
  return [moved.issued, moved.latestDelivery];
};
const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

describe("rebaseDates", () => {
  it("moves all dates by the same days", () => {
    expect(rebased("2010-01-20T12:30:00Z", "2010-02-25")).to.deep.equal(["2026-11-22T00:00:00Z", "2026-12-28"]);
  });

  it("lifts a delivery that would still be past to tomorrow", () => {
    expect(rebased("2018-09-01T12:30:00Z", "2012-10-31")).to.deep.equal(["2026-11-22T00:00:00Z", "2026-11-23"]);
    expect(rebased("2018-09-01T12:30:00Z", "2018-09-01")).to.deep.equal(["2026-11-22T00:00:00Z", "2026-11-22"]);
  });

  it("leaves no end where no end was", () => {
    expect(rebased("2010-01-20T12:30:00Z", "9999-12-31")).to.deep.equal(["2026-11-22T00:00:00Z", "9999-12-31"]);
  });

  it("issues an undated order today", () => {
    expect(rebased(null, "2012-10-31")).to.deep.equal(["2026-11-22T00:00:00Z", "2026-11-23"]);
    expect(rebased(null, "2027-10-31")).to.deep.equal(["2026-11-22T00:00:00Z", "2027-10-31"]);
    expect(rebased(null, null)).to.deep.equal(["2026-11-22T00:00:00Z", null]);
  });
});

describe("termsDates", () => {
  it("is due at the end of the latest delivery date", () => {
    const { due, source } = termsDates({ order: dated(null, "2026-11-22"), now: NOW, termDays: 60 });
    expect([instant(due), source]).to.deep.equal(["2026-11-22T23:59:59.000Z", "order"]);
  });

  it("uses the term where the order names no date", () => {
    const { due, source } = termsDates({ order: dated(null, null), now: NOW, termDays: 60 });
    expect([instant(due), source]).to.deep.equal(["2027-01-21T23:59:59.000Z", "term"]);
  });

  it("refuses a date that is past", () => {
    expect(() => termsDates({ order: dated(null, "2026-11-21"), now: NOW, termDays: 60 }))
      .to.throw(FactoryChainError)
      .with.property("code", "order-past-delivery");
  });
});
