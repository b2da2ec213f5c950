import { expect } from "chai";
import { packOrders } from "../../src/chain/creations.ts";
import { matchItems } from "../../src/formats/matchItems.ts";
import { MESSAGE_FORMS, newPrivateJwk, publicKeyOf } from "../../src/formats/signEvent.ts";
import { openMessage } from "../../src/relayer/openMessage.ts";
import { createEventSigner, linesOf } from "../../testbed/events.ts";
import { writeOrders } from "../../testbed/orders.ts";
import { deployment } from "../support/fakeEscrow.ts";

const NOW = 1_790_000_000;
const account = (n: number) => `0x${String(n).padStart(40, "0")}`;
const trade = { gln: "4012345000009", buyer: { address: account(1) }, suppliers: [account(2), account(3)] };

function write(count: number) {
  return writeOrders({ deployment, trade, currency: "KRW", group: 1, plan: { count }, issued: NOW });
}

describe("the testbed's orders and events", () => {
  it("are plain orders of one to three lines, suppliers in turn", () => {
    const orders = write(5);
    expect(() => packOrders(orders.map(({ terms }) => terms))).not.to.throw();
    expect(orders.map(({ sheet }) => sheet.lines.length)).to.deep.equal([1, 2, 3, 1, 2]);
    expect(orders.map(({ terms }) => terms.supplier)).to.deep.equal([2, 3, 2, 3, 2].map(account));
    expect(new Set(orders.map(({ id }) => id)).size).to.equal(5);
    expect(linesOf(orders).map(({ order, line }) => [orders.indexOf(order), line])).to.deep.equal(
      [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [1, 1], [2, 1], [4, 1], [2, 2]], // prettier-ignore
    );
  });

  for (const curve of ["P-256", "secp256k1"] as const) {
    it(`are signed on ${curve}, count up by device and add up by line`, async () => {
      const orders = write(3);
      const devices = await Promise.all([1, 2].map(() => newPrivateJwk({ curve })));
      const { sign } = createEventSigner({ devices, gln: trade.gln });
      const seen: unknown[] = [];
      for (const [index, { order, line }] of [...linesOf(orders), ...linesOf(orders)].entries()) {
        const form = MESSAGE_FORMS[index % 3] ?? "jws";
        const event = await sign({ order, line, time: NOW, quantity: 2n, form });
        const opened = openMessage({ ...event.message, retained: false });
        if ("status" in opened) throw new Error(opened.detail ?? "");
        const key = publicKeyOf(devices[index % 2]!);
        expect(await opened.envelope.verify(key)).to.equal(true);
        expect(matchItems({ event: opened.event, sheet: order.sheet })).to.deep.equal([{ line, quantity: 2n }]);
        expect(opened.event.order).to.deep.equal({ kind: "number", buyer: trade.gln, number: order.sheet.number });
        expect([opened.event.eventId, opened.envelope.device]).to.deep.equal([event.eventId, event.device]);
        seen.push([event.upTo, opened.event.sequence]);
      }
      const counts = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6];
      expect(seen).to.deep.equal(counts.map((count, index) => [index < 6 ? 2n : 4n, count]));
    });
  }
});
