import { expect } from "chai";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { bytes, line, order, party } from "./documents.ts";

const read = (text: string) => parseUblOrder(bytes(text));
const refused = (text: string, code: string) => {
  try {
    read(text);
  } catch (error) {
    expect(error).to.be.instanceOf(FactoryChainError);
    const { code: found, message, expected } = error as FactoryChainError;
    expect(found, message).to.equal(code);
    expect(expected, "what was expected").to.be.a("string");
    return message;
  }
  throw new Error(`read, though ${code} was expected`);
};

describe("parseUblOrder", () => {
  it("reads an order whatever its prefixes are", () => {
    const renamed = order()
      .replace(/<(\/?)cbc:/g, "<$1b-2:")
      .replace("xmlns:cbc=", "xmlns:b-2=")
      .replace(/<(\/?)Order\b/g, "<$1ubl:Order")
      .replace("xmlns=", "xmlns:ubl=")
      .replace(/<(\/?)ubl:OrderLine/g, "<$1OrderLine");
    expect(read(renamed)).to.deep.equal(read(order()));
    expect(read(order()).number).to.equal("PO-1");
  });

  it("does not take foreign elements for its own", () => {
    const foreign = '<x:ID xmlns:x="urn:example">other</x:ID><cbc:ID xmlns:cbc="urn:example">third</cbc:ID>';
    expect(read(order({ id: `${foreign}<cbc:ID>PO-7</cbc:ID>` })).number).to.equal("PO-7");
  });

  it("lists what names a party", () => {
    const buyer = party(
      "BuyerCustomerParty",
      `<cbc:EndpointID schemeID="0088">8801234500012</cbc:EndpointID>
       <cac:PartyIdentification><cbc:ID> A-7 </cbc:ID></cac:PartyIdentification>
       <cac:PartyName><cbc:Name>Kim &amp; <![CDATA[Lee & Co]]></cbc:Name></cac:PartyName>
       <cac:PostalAddress><cbc:ID>no identifier of the party</cbc:ID></cac:PostalAddress>
       <cac:PartyTaxScheme><cbc:CompanyID>VAT1</cbc:CompanyID></cac:PartyTaxScheme>
       <cac:PartyLegalEntity><cbc:RegistrationName>Kim &#38; Lee Ltd.</cbc:RegistrationName><cbc:CompanyID>A-7</cbc:CompanyID></cac:PartyLegalEntity>`,
    );
    expect(read(order({ buyer })).buyer).to.deep.equal({
      name: "Kim & Lee & Co",
      identifiers: ["8801234500012", "A-7", "VAT1", "Kim & Lee & Co", "Kim & Lee Ltd."],
    });
  });

  const standard = (id: string, scheme?: string) =>
    `<cac:StandardItemIdentification><cbc:ID${scheme === undefined ? "" : ` schemeID="${scheme}"`}>${id}</cbc:ID></cac:StandardItemIdentification>`;
  for (const [what, item, gtin, number] of [
    ["a GTIN that its scheme declares", standard("08809876500100", "0160"), "08809876500100", null],
    ["a GTIN-13 that its check digit shows", standard("8809876500100"), "08809876500100", null],
    ["a GTIN-8", standard("96385074"), "00000096385074", null],
    ["a declared GTIN with a wrong check digit", standard("1234567890123", "GTIN"), "01234567890123", null],
    ["another number with a wrong check digit", standard("1234567890123"), null, "1234567890123"],
    ["a number of another scheme", standard("54321", "0173"), null, "54321"],
    [
      "a seller's number that is declared a GTIN",
      '<cac:SellersItemIdentification><cbc:ID schemeID="GTIN">8809876500100</cbc:ID></cac:SellersItemIdentification>',
      "08809876500100",
      "8809876500100",
    ],
    [
      "a seller's number of thirteen digits",
      "<cac:SellersItemIdentification><cbc:ID>8809876500100</cbc:ID></cac:SellersItemIdentification>",
      null,
      "8809876500100",
    ],
  ] as const) {
    it(`reads ${what}`, () => {
      const [first] = read(order({ lines: [line({ item })] })).lines;
      expect([first?.gtin, first?.item]).to.deep.equal([gtin, number]);
    });
  }

  it("takes the issue time with its offset", () => {
    const issued = (date: string, time = "") =>
      read(
        order({ issued: `<cbc:IssueDate>${date}</cbc:IssueDate>${time && `<cbc:IssueTime>${time}</cbc:IssueTime>`}` }),
      ).issued;
    expect(issued("2026-11-02")).to.equal("2026-11-02T00:00:00Z");
    expect(issued("2026-11-02+09:00")).to.equal("2026-11-01T15:00:00Z");
    expect(issued("2026-11-02", "09:30:00.5+09:00")).to.equal("2026-11-02T00:30:00Z");
    expect(issued("2026-11-02Z", "23:30:00-05:00")).to.equal("2026-11-03T04:30:00Z");
    expect(read(order({ issued: "" })).issued).to.equal(null);
  });

  it("finds the latest delivery date anywhere", () => {
    const delivery = (content: string) => `<cac:Delivery>${content}</cac:Delivery>`;
    const period = (name: string, content: string) => delivery(`<cac:${name}>${content}</cac:${name}>`);
    const requested = period(
      "RequestedDeliveryPeriod",
      "<cbc:StartDate>2027-01-01</cbc:StartDate><cbc:EndDate>2027-02-01</cbc:EndDate>",
    );
    const latest = (head: string, more = "") => read(order({ head, lines: [line({ more })] })).latestDelivery;
    expect(latest("")).to.equal(null);
    expect(latest(requested)).to.equal("2027-02-01");
    expect(latest(requested, delivery("<cbc:LatestDeliveryDate>2027-03-01+09:00</cbc:LatestDeliveryDate>"))).to.equal(
      "2027-03-01",
    );
    expect(latest(requested, period("PromisedDeliveryPeriod", "<cbc:StartDate>2027-04-01</cbc:StartDate>"))).to.equal(
      "2027-04-01",
    );
    expect(latest(delivery("<cbc:ActualDeliveryDate>2026-12-01</cbc:ActualDeliveryDate>"))).to.equal("2026-12-01");
    expect(latest("<cac:ValidityPeriod><cbc:EndDate>2030-01-01</cbc:EndDate></cac:ValidityPeriod>")).to.equal(null);
  });

  for (const [what, text, code] of [
    ["an order without a number", order({ id: "" }), "order-number"],
    ["an order without lines", order({ lines: [] }), "order-lines"],
    [
      "more than 1,000 lines",
      order({ lines: Array.from({ length: 1001 }, (_, i) => line({ id: `${i}` })) }),
      "order-lines",
    ],
    ["a line without an id", order({ lines: [line({ id: "" })] }), "order-lines"],
    ["two lines of one id", order({ lines: [line(), line()] }), "order-lines"],
    ["an order without a buyer", order({ buyer: "" }), "order-party"],
    ["a seller without a name", order({ supplier: party("SellerSupplierParty", "") }), "order-party"],
    ["a quantity of zero", order({ lines: [line({ quantity: "0.0" })] }), "order-quantity"],
    ["a negative quantity", order({ lines: [line({ quantity: "-1" })] }), "order-quantity"],
    ["a quantity above 2^40", order({ lines: [line({ quantity: "1099511627777" })] }), "order-quantity"],
    [
      "a quantity with too many digits",
      order({ lines: [line({ quantity: "1.000000000001" + "1" })] }),
      "order-quantity",
    ],
    ["a quantity in words", order({ lines: [line({ quantity: "ten" })] }), "order-number"],
    ["a day that does not exist", order({ issued: "<cbc:IssueDate>2026-02-30</cbc:IssueDate>" }), "order-date"],
    [
      "a time that does not exist",
      order({ issued: "<cbc:IssueDate>2026-02-03</cbc:IssueDate><cbc:IssueTime>9:30</cbc:IssueTime>" }),
      "order-date",
    ],
    [
      "a currency that is none",
      order({ currency: "<cbc:DocumentCurrencyCode>WON</cbc:DocumentCurrencyCode>" }),
      "currency-unknown",
    ],
    ["lines in a currency that is none", order().replaceAll('"EUR"', '"XTS"'), "currency-unknown"],
    ["two currencies", order({ lines: [line(), line({ id: "2" }).replaceAll("EUR", "USD")] }), "order-currency"],
  ] as const) {
    it(`refuses ${what}`, () => {
      refused(text, code);
    });
  }

  it("refuses a foreign document by name", () => {
    const invoice = order()
      .replaceAll("Order-2", "Invoice-2")
      .replace(/<(\/?)Order\b/g, "<$1Invoice");
    expect(refused(invoice, "order-foreign")).to.contain("an Invoice").and.to.contain("Invoice-2");
    expect(refused("<html/>", "order-foreign")).to.contain("a html");
    refused(order().replace('xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"', ""), "order-foreign");
  });

  it("takes the largest quantity", () => {
    expect(
      read(order({ lines: [line({ quantity: "1099511627776", amount: "1", price: null })] })).lines[0]?.quantity,
    ).to.equal("1099511627776");
  });
});
