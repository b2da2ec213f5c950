import { expect } from "chai";
import { planDeliveries, simulateMessage } from "../../src/cli/simulate.ts";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { deviceTopic } from "../../src/formats/jwk.ts";
import { matchItems } from "../../src/formats/matchItems.ts";
import type { OrderSheet, SheetLine } from "../../src/formats/orderSheet.ts";
import { MESSAGE_FORMS, newPrivateJwk, publicKeyOf } from "../../src/formats/signEvent.ts";

function sheetOf(...lines: Partial<SheetLine>[]): OrderSheet {
  const line = { gtin: null, item: null, unit: "C62", decimals: 0, quantity: "10", total: "100" };
  return {
    number: "1",
    buyer: { identifiers: ["b"] },
    supplier: { identifiers: ["s"] },
    issued: "2026-01-01T00:00:00Z",
    currency: "KRW",
    minorUnit: 0,
    lines: lines.map((one, index) => ({ ...line, id: String(index + 1), ...one })),
    salt: `0x${"00".repeat(32)}`,
  };
}

const quantities = (sheet: OrderSheet, line: string) =>
  planDeliveries(sheet).flatMap((delivery) => (delivery.line.id === line ? [delivery.quantity] : []));

describe("simulated deliveries", () => {
  it("deliver each line in parts that sum to what was ordered", () => {
    const sheet = sheetOf({ quantity: "10" }, { quantity: "250500", decimals: 3 });
    expect(quantities(sheet, "1")).to.deep.equal([3n, 3n, 4n]);
    expect(quantities(sheet, "2").reduce((a, b) => a + b)).to.equal(250_500n);
  });

  it("never split a piece", () => {
    expect(quantities(sheetOf({ quantity: "1" }), "1")).to.deep.equal([1n]);
    expect(quantities(sheetOf({ quantity: "2" }), "1")).to.deep.equal([2n]);
    expect(quantities(sheetOf({ quantity: "4000", decimals: 3 }), "1")).to.deep.equal([1_000n, 1_000n, 2_000n]);
  });

  it("come in one part each when the order has many lines", () => {
    const sheet = sheetOf(...Array.from({ length: 30 }, () => ({})));
    expect(planDeliveries(sheet)).to.have.length(30);
  });

  for (const form of MESSAGE_FORMS) {
    it(`are written as ${form}, also with a key on secp256k1`, async () => {
      const device = await newPrivateJwk({ curve: "secp256k1" });
      const line = sheetOf({ quantity: "4" }).lines[0]!;
      const { payload, topic } = await simulateMessage({
        device,
        order: `0x${"ab".repeat(32)}`,
        delivery: { line, quantity: 4n },
        time: 1_790_000_000,
        form,
      });
      const envelope = openEnvelope(payload);
      expect(payload[0]).to.equal(form === "jws" ? 0x65 : 0xd2);
      expect([envelope.algorithm, topic]).to.deep.equal(["ES256K", deviceTopic(envelope.device)]);
      expect(await envelope.verify(publicKeyOf(device))).to.equal(true);
      expect(parseDeliveryEvent(envelope).items[0]?.quantity).to.equal("4");
    });
  }

  it("are signed events that match the order", async () => {
    const sheet = sheetOf({ quantity: "1500", decimals: 3, unit: "KGM", gtin: "09506000134352" });
    const device = await newPrivateJwk();
    const line = sheet.lines[0];
    if (line === undefined) throw new Error("no line");
    const id = `0x${"ab".repeat(32)}`;
    const { payload } = await simulateMessage({
      device,
      order: id,
      delivery: { line, quantity: 500n },
      time: 1_790_000_000,
    });
    const envelope = openEnvelope(payload);
    expect(await envelope.verify(publicKeyOf(device))).to.equal(true);
    const event = parseDeliveryEvent(envelope);
    expect(event.order).to.deep.equal({ kind: "id", id });
    expect(matchItems({ event, sheet })).to.deep.equal([{ line: 0, quantity: 500n }]);
  });
});
