import type { Command } from "commander";
import { Wallet } from "ethers";
import type { SentTransaction } from "../../chain/transactions.ts";
import { withAccount } from "../../sdk/client.ts";
import { readDeliveries } from "../../sdk/settlement/readDeliveries.ts";
import { readOrders } from "../../sdk/settlement/readOrders.ts";
import { refundOrder } from "../../sdk/settlement/refundOrder.ts";
import { resolveLot } from "../../sdk/settlement/resolveLot.ts";
import { settleOrder } from "../../sdk/settlement/settleOrder.ts";
import type { SettleOrderParameters } from "../../sdk/settlement/settleOrder.ts";
import { lotIn } from "../actions/action.ts";
import { findOrder, requireConditions } from "../orders.ts";
import type { KnownOrder } from "../orders.ts";
import type { Output } from "../output.ts";
import { openSession } from "../session.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";
import { addOrderActions } from "./orderActions.ts";
import { addOrderCreate } from "./orderCreate.ts";
import { claimsTable, lotsTable, orderDocument, orderText, ordersTable } from "./orderView.ts";

/** `factorychain order` */
export function addOrder({ program, output }: CommandContext): void {
  const order = program.command("order").description("purchase orders in escrow");

  addOrderCreate({ order, output });
  withPlace(order.command("show <order>"))
    .description("show an order by number or id")
    .action(async (meant: string, options: CommonOptions) => {
      const session = await openSession(options);
      const known = await findOrder({ session, meant });
      const { currency, order: id } = known.order;
      const deliveries = await readDeliveries({ client: session.client, currency, order: id });
      output(options).result(orderDocument({ ...known, deliveries }), orderText({ ...known, client: session.client }));
    });

  withPlace(order.command("list"))
    .description("list all orders")
    .action(async (options: CommonOptions) => {
      const session = await openSession(options);
      const orders = await readOrders({ client: session.client });
      const { orders: noted } = session.book.read();
      const numbers = new Map(noted.map(({ id, sheet }) => [id, (sheet as { number: string }).number]));
      const shown = orders.map((one) => ({
        ...orderDocument({ order: one, sheet: null, deliveries: [] }),
        number: numbers.get(one.order) ?? null,
      }));
      output(options).result(shown, ordersTable({ orders, numbers, client: session.client }));
    });

  for (const { name, description, shown } of [
    { name: "claims", description: "whose the unpaid part of an order is", shown: claimsTable },
    { name: "lots", description: "what of an order waits for an answer, a dispute or a ruling", shown: lotsTable },
  ] as const) {
    withPlace(order.command(`${name} <order>`))
      .description(description)
      .action(async (meant: string, options: CommonOptions) => {
        const session = await openSession(options);
        const known = await findOrder({ session, meant });
        const names = new Map(session.book.read().organisations.map(({ account, name }) => [account, name]));
        output(options).result(known.order[name], shown({ ...known, names, client: session.client }));
      });
  }
  addClosing({ order, output });
  addOrderActions({ order, output });
}

/** What anyone may do. */
function addClosing({ order, output }: { order: Command; output: CommandContext["output"] }): void {
  withPlace(order.command("settle <order>"))
    .description("pay what is payable and close the order when nothing is left; anyone may")
    .action((meant: string, options: CommonOptions) =>
      act({ meant, options, output: output(options), action: settleOrder, done: "settled" }),
    );

  withPlace(order.command("refund <order>"))
    .description("send back what was not delivered, after expiry and grace; anyone may")
    .action((meant: string, options: CommonOptions) =>
      act({ meant, options, output: output(options), action: refundOrder, done: "refunded" }),
    );

  withPlace(order.command("resolve <order>"))
    .description("decide a lot whose time is over, as silence decides; anyone may")
    .requiredOption("--lot <number>", "number of the lot (order lots shows it), or: retention")
    .action((meant: string, options: CommonOptions & { lot: string }) =>
      act({
        meant,
        options,
        output: output(options),
        action: (p) =>
          resolveLot({
            ...p,
            conditions: requireConditions(p.known),
            lot: lotIn({ known: p.known, options: { lot: options.lot } }),
          }),
        done: "resolved",
      }),
    );
}

async function act(p: {
  meant: string;
  options: CommonOptions;
  output: Output;
  action: (p: SettleOrderParameters & { known: KnownOrder }) => Promise<SentTransaction>;
  done: string;
}): Promise<void> {
  const session = await openSession(p.options);
  const known = await findOrder({ session, meant: p.meant });
  const { order } = known;
  // Anyone may, and gas is free: an account that nobody has seen before will do.
  const client = withAccount({ client: session.client, wallet: Wallet.createRandom() });
  const sent = await p.action({ client, currency: order.currency, terms: order.terms, known });
  const document = { id: order.order, transaction: sent.hash, gas: Number(sent.gasUsed) };
  p.output.result(document, `Order ${order.order} is ${p.done}: block ${sent.block.number}, ${sent.hash}`);
}
