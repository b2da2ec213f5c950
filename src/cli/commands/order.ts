import { randomBytes } from "node:crypto";
import { hexlify, Wallet } from "ethers";
import { FactoryChainError } from "../../lib/errors.ts";
import { toOrderSheet } from "../../formats/orderSheet.ts";
import type { Party } from "../../formats/purchaseOrder.ts";
import { withAccount } from "../../sdk/client.ts";
import type { AccountClient } from "../../sdk/client.ts";
import type { OrganisationKind } from "../../sdk/identity/organisationKinds.ts";
import { announceOrder } from "../../sdk/settlement/announceOrder.ts";
import { createOrder } from "../../sdk/settlement/createOrder.ts";
import { totalOf, writeOrderDocument } from "../../sdk/settlement/orderDocument.ts";
import { readDeliveries } from "../../sdk/settlement/readDeliveries.ts";
import { readOrders } from "../../sdk/settlement/readOrders.ts";
import { refundOrder } from "../../sdk/settlement/refundOrder.ts";
import { settleOrder } from "../../sdk/settlement/settleOrder.ts";
import { mintCurrency } from "../../sdk/value/mintCurrency.ts";
import { readBalance } from "../../sdk/value/readBalance.ts";
import type { BookOrganisation } from "../book.ts";
import { readOrderFile } from "../demo/documents.ts";
import { days, graceDays } from "../options.ts";
import { findOrder } from "../orders.ts";
import type { Output } from "../output.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { formatMoney } from "../table.ts";
import { withPlace, withRelayers } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";
import { registerNamed } from "./organisation.ts";
import { orderDocument, orderText, ordersTable } from "./orderView.ts";

interface CreateOptions extends CommonOptions {
  register: boolean;
  rebaseDates: boolean;
  termDays: number;
  expiryDays: number;
  graceDays: number;
}

/** `factorychain order` */
export function addOrder({ program, output }: CommandContext): void {
  const order = program.command("order").description("purchase orders in escrow");

  withRelayers(withPlace(order.command("create <file.xml>")))
    .description("read a UBL order and fund it")
    .option("--register", "register buyer and supplier first, where they are not yet", false)
    .option("--rebase-dates", "take a past order as if it were issued today", false)
    .option("--term-days <days>", "due so long after today when the order names no date", days, 60)
    .option("--expiry-days <days>", "deliveries count so long after the due date", days, 30)
    .option("--grace-days <days>", "the refund waits so long after that, at most 90", graceDays, 7)
    .option("--group <id>", "relayer group, in place of the stack's", Number)
    .action(async (file: string, options: CreateOptions) => {
      await create({ file, options, output: output(options) });
    });

  withPlace(order.command("show <order>"))
    .description("show an order by number or id")
    .action(async (meant: string, options: CommonOptions) => {
      const session = await openSession(options);
      const known = await findOrder({ session, meant });
      const { currency, order: id } = known.order;
      const deliveries = await readDeliveries({ client: session.client, currency, order: id });
      output(options).result(
        orderDocument({ ...known, deliveries }),
        orderText({ ...known, deliveries, client: session.client }),
      );
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
}

async function create(p: { file: string; options: CreateOptions; output: Output }): Promise<void> {
  const { file, options, output } = p;
  const { order, due, expiry, grace } = readOrderFile({ ...options, file, now: Math.floor(Date.now() / 1000) });
  const session = await openSession(options);
  const find = (party: Party, kind: OrganisationKind) => partyOf({ session, party, kind, register: options.register });
  const buyer = await find(order.buyer, "buyer");
  const supplier = await find(order.supplier, "supplier");
  const sheet = toOrderSheet({ order, salt: hexlify(randomBytes(32)) });
  const document = writeOrderDocument({
    deployment: session.client.deployment,
    sheet,
    buyer: buyer.account,
    supplier: supplier.account,
    due: due.due,
    expiry,
    grace,
    group: session.group(sheet.currency),
  });
  await announceOrder({ order: document, relayers: session.relayers });
  const client = session.accountOf(buyer);
  await requireMoney({
    session,
    client,
    buyer,
    currency: sheet.currency,
    total: totalOf(sheet),
    minorUnit: sheet.minorUnit,
    output,
  });
  session.book.addOrder({ id: document.id, currency: sheet.currency, sheet });
  const { creation } = await createOrder({ client, order: document });
  const total = formatMoney({ amount: totalOf(sheet), ...sheet });
  const text = `Order ${sheet.number} is open: ${total} of ${buyer.name} in escrow for ${supplier.name}.\n  id ${document.id}\n  block ${creation.block.number}, gas ${creation.gasUsed.toLocaleString("en")}, ${creation.hash}`;
  output.result(
    {
      number: sheet.number,
      id: document.id,
      total: totalOf(sheet),
      transaction: creation.hash,
      gas: Number(creation.gasUsed),
    },
    text,
  );
}

async function partyOf(p: {
  session: Session;
  party: Party;
  kind: OrganisationKind;
  register: boolean;
}): Promise<BookOrganisation> {
  const { session, party, kind } = p;
  const known = session.book
    .read()
    .organisations.findLast(({ identifiers }) => identifiers.some((one) => party.identifiers.includes(one)));
  if (known !== undefined) return known;
  const name = party.name ?? party.identifiers[0] ?? "";
  if (p.register) return await registerNamed({ session, name, kinds: [kind], identifiers: party.identifiers });
  throw new FactoryChainError(
    "organisation-unknown",
    `The ${kind} of the order, ${name}, is not registered from here.`,
    {
      expected: `an organisation with one of the identifiers ${party.identifiers.join(", ")}`,
      advice: `Add --register, or: factorychain organisation register "${name}" --kind ${kind} --identifier ${party.identifiers[0] ?? ""}`,
    },
  );
}

/** On a stack of one's own the buyer is given what it lacks: there is no bank to bring it. */
async function requireMoney(p: {
  session: Session;
  client: AccountClient;
  buyer: BookOrganisation;
  currency: string;
  minorUnit: number;
  total: bigint;
  output: Output;
}): Promise<void> {
  const { session, client, currency, total, minorUnit } = p;
  const missing = total - (await readBalance({ client, currency, account: client.address }));
  if (missing <= 0n) return;
  await mintCurrency({ client: session.admin(), currency, to: client.address, amount: missing });
  p.output.say(`${formatMoney({ amount: missing, currency, minorUnit })} of play money issued to ${p.buyer.name}.`);
}

async function act(p: {
  meant: string;
  options: CommonOptions;
  output: Output;
  action: typeof settleOrder;
  done: string;
}): Promise<void> {
  const session = await openSession(p.options);
  const { order } = await findOrder({ session, meant: p.meant });
  // Anyone may, and gas is free: an account that nobody has seen before will do.
  const client = withAccount({ client: session.client, wallet: Wallet.createRandom() });
  const sent = await p.action({ client, currency: order.currency, terms: order.terms });
  const document = { id: order.order, transaction: sent.hash, gas: Number(sent.gasUsed) };
  p.output.result(document, `Order ${order.order} is ${p.done}: block ${sent.block.number}, ${sent.hash}`);
}
