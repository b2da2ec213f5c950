import { expect } from "chai";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { bytes, charge, line, order, tax, total, type OrderParts } from "./documents.ts";

const read = (parts: OrderParts) => {
  const { payable, payableSource, lines } = parseUblOrder(bytes(order(parts)));
  return { payable, source: payableSource, amounts: lines.map(({ amount }) => amount) };
};
const refused = (parts: OrderParts, code: string) => {
  let caught: unknown;
  try {
    read(parts);
  } catch (error) {
    caught = error;
  }
  expect(caught).to.be.instanceOf(FactoryChainError);
  expect((caught as FactoryChainError).code, (caught as Error).message).to.equal(code);
  return (caught as Error).message;
};
const three = [line({ id: "1" }), line({ id: "2" }), line({ id: "3" })];

describe("totals of an order", () => {
  it("funds what is payable, and lines sum to it exactly", () => {
    expect(read({ lines: three, total: total({ PayableAmount: "300.01" }) })).to.deep.equal({
      payable: "30001",
      source: "stated",
      amounts: ["10001", "10000", "10000"],
    });
  });

  it("computes the total where the order states none, with the tax", () => {
    expect(read({ charges: charge("5") + charge("2.50", "false") + tax("10") })).to.deep.equal({
      payable: "11250",
      source: "computed",
      amounts: ["11250"],
    });
  });

  it("takes the tax of the lines where the document states none", () => {
    const more = '<cbc:TotalTaxAmount currencyID="EUR">19.00</cbc:TotalTaxAmount>';
    expect(read({ lines: [line({ more })] }).payable).to.equal("11900");
  });

  it("brings everything together: charges, allowances, tax, prepaid and rounding", () => {
    const amounts = {
      LineExtensionAmount: "100",
      TaxExclusiveAmount: "103",
      TaxInclusiveAmount: "123.60",
      PrepaidAmount: "20",
      PayableRoundingAmount: "0.40",
      PayableAmount: "104",
    };
    const charges = charge("5") + charge("2", "false") + tax("20.60");
    expect(read({ charges, total: total(amounts) }).payable).to.equal("10400");
  });

  it("takes the tax inside or outside", () => {
    expect(read({ charges: tax("20"), total: total({ PayableAmount: "100" }) }).payable).to.equal("10000");
    expect(read({ charges: tax("20"), total: total({ PayableAmount: "120" }) }).payable).to.equal("12000");
    const inside = { TaxExclusiveAmount: "80", TaxInclusiveAmount: "100", PayableAmount: "100" };
    expect(read({ charges: tax("20"), total: total(inside) }).payable).to.equal("10000");
  });

  it("adds the tax of several kinds", () => {
    expect(read({ charges: tax("20") + tax("5"), total: total({ PayableAmount: "125" }) }).payable).to.equal("12500");
  });

  it("takes stated sums of charges where none stands alone", () => {
    const amounts = { AllowanceTotalAmount: "10", ChargeTotalAmount: "4", PayableAmount: "94" };
    expect(read({ total: total(amounts) }).payable).to.equal("9400");
  });

  it("prices a line by quantity, base quantity, charges and allowances", () => {
    const base = '<cbc:BaseQuantity unitCode="C62">3</cbc:BaseQuantity>';
    const priced = line({
      quantity: "7.5",
      amount: null,
      price: "9.99",
      base,
      charges: charge("1") + charge("0.50", "false"),
    });
    // 7.5 x 9.99 / 3 + 1 - 0.50 = 25.475, half away from zero
    expect(read({ lines: [priced] }).payable).to.equal("2548");
    expect(read({ lines: [priced], total: total({ PayableAmount: "25.47" }) }).payable).to.equal("2547");
  });

  it("believes a line's amount, not its price", () => {
    expect(read({ lines: [line({ quantity: "100", amount: "100", price: "100" })] }).payable).to.equal("10000");
  });

  it("gives the one line everything where it has no price", () => {
    const unpriced = line({ amount: null, price: null });
    expect(read({ lines: [unpriced], total: total({ PayableAmount: "80" }) }).amounts).to.deep.equal(["8000"]);
    refused(
      { lines: [unpriced, line({ id: "2", amount: null, price: null })], total: total({ PayableAmount: "80" }) },
      "order-totals",
    );
    refused({ lines: [unpriced] }, "order-amount");
  });

  it("allows one minor unit of difference and no more", () => {
    expect(read({ total: total({ PayableAmount: "100.01" }) }).payable).to.equal("10001");
    expect(refused({ total: total({ PayableAmount: "100.02" }) }, "order-totals"))
      .to.contain("100.02 EUR")
      .and.to.contain("100 EUR");
  });

  it("names both figures, and both readings of the tax", () => {
    const message = refused({ charges: tax("20"), total: total({ PayableAmount: "110" }) }, "order-totals");
    for (const figure of ["110 EUR", "120 EUR", "100 EUR"]) expect(message).to.contain(figure);
  });

  for (const [name, value] of [
    ["LineExtensionAmount", "90"],
    ["TaxInclusiveAmount", "90"],
    ["TaxExclusiveAmount", "90"],
  ] as const) {
    it(`refuses a ${name} that contradicts the rest`, () => {
      expect(refused({ total: total({ [name]: value, PayableAmount: "100" }) }, "order-totals")).to.contain(name);
    });
  }

  it("reads a TaxExclusiveAmount that holds the tax, as OIOUBL writes it", () => {
    const amounts = { TaxExclusiveAmount: "25", PayableAmount: "125" };
    expect(read({ charges: tax("25"), total: total(amounts) }).payable).to.equal("12500");
  });

  it("refuses money finer than the minor unit, but not prices", () => {
    refused({ total: total({ PayableAmount: "100.005" }) }, "order-amount-too-fine");
    refused({ lines: [line({ amount: "100.001" })] }, "order-amount-too-fine");
    const won = (parts: OrderParts) => parseUblOrder(bytes(order({ ...parts, currency: "" }).replaceAll("EUR", "KRW")));
    expect(() => won({ lines: [line({ amount: "100.5" })] })).to.throw(FactoryChainError, "finer");
    expect(won({ lines: [line({ amount: "100.00", price: "10.0005" })] }).payable).to.equal("100");
  });

  it("refuses what cannot be funded", () => {
    refused({ lines: [line({ amount: "0" })] }, "order-amount");
    refused({ lines: [line(), line({ id: "2", amount: "-1" })] }, "order-amount");
    refused({ total: total({ PayableAmount: "100", PrepaidAmount: "200" }) }, "order-totals");
    refused({ total: total({ PayableAmount: "-100", PrepaidAmount: "200" }) }, "order-amount");
    refused({ lines: [line({ amount: "720575940379279.36" })] }, "order-too-large");
    expect(read({ lines: [line({ amount: "720575940379279.35" })] }).payable).to.equal((2n ** 56n - 1n).toString());
  });

  it("refuses a charge that does not say what it is", () => {
    refused({ charges: charge("1", "maybe") }, "order-amount");
    refused({ charges: charge("1").replace("EUR", "USD") }, "order-currency");
  });

  it("keeps a line of zero as a gift", () => {
    expect(read({ lines: [line(), line({ id: "2", amount: "0" })] }).amounts).to.deep.equal(["10000", "0"]);
  });
});
