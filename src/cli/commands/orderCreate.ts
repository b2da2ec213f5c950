import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { hexlify } from "ethers";
import { toOrderSheet } from "../../formats/orderSheet.ts";
import type { Party } from "../../formats/purchaseOrder.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import type { OrganisationKind } from "../../sdk/identity/organisationKinds.ts";
import { writeDeviceKeys } from "../../sdk/devices/writeDeviceKeys.ts";
import { announceOrder } from "../../sdk/settlement/announceOrder.ts";
import { createOrder } from "../../sdk/settlement/createOrder.ts";
import { createOrdersFromBalance } from "../../sdk/settlement/createOrdersFromBalance.ts";
import { openOrder } from "../../sdk/settlement/openOrder.ts";
import { isPlain, totalOf, writeOrderDocument } from "../../sdk/settlement/orderDocument.ts";
import type { OrderDocument, SpecialClauses } from "../../sdk/settlement/orderDocument.ts";
import { parsePercent } from "../amounts.ts";
import { findOrganisation } from "../book.ts";
import type { BookOrganisation } from "../book.ts";
import { readDeviceKeys } from "../deviceKeys.ts";
import { readOrderFile } from "../demo/documents.ts";
import { days, graceDays } from "../options.ts";
import type { Output } from "../output.ts";
import { requireMoney } from "../playMoney.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { formatMoney } from "../table.ts";
import { withPlace, withRelayers } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";
import { registerNamed } from "./organisation.ts";

interface CreateOptions extends CommonOptions {
  register: boolean;
  rebaseDates: boolean;
  termDays: number;
  expiryDays: number;
  graceDays: number;
  inspectionDays?: number;
  answerDays: number;
  arbitrationDays: number;
  arbiter?: string;
  defaultSplit: number;
  retentionPercent?: number;
  retentionDays: number;
  penaltyPercentPerDay?: number;
  penaltyCapDays: number;
  fromBalance: boolean;
  deviceKeys?: string;
}

const DAY = 86_400;

/** `factorychain order create` */
export function addOrderCreate({ order, output }: { order: Command; output: CommandContext["output"] }): void {
  withRelayers(withPlace(order.command("create <file.xml>")))
    .description("read a UBL order and fund it")
    .option("--register", "register buyer and supplier first, where they are not yet", false)
    .option("--rebase-dates", "take a past order as if it were issued today", false)
    .option("--term-days <days>", "due so long after today when the order names no date", days, 60)
    .option("--expiry-days <days>", "deliveries count so long after the due date", days, 30)
    .option("--grace-days <days>", "the refund waits so long after that, at most 90", graceDays, 7)
    .option("--inspection-days <days>", "the buyer may reject a delivery so long, at most 90", graceDays)
    .option("--answer-days <days>", "a rejection may be disputed so long, at most 90", graceDays, 7)
    .option("--arbitration-days <days>", "the arbiter may rule so long, at most 90", graceDays, 30)
    .option("--arbiter <organisation>", "who rules on disputes; needed with inspection or retention")
    .option("--default-split <percent>", "share that is due when the arbiter is silent", parsePercent, 500_000)
    .option("--retention-percent <percent>", "part of what was earned that is held back", parsePercent)
    .option("--retention-days <days>", "until so long after the expiry", days, 90)
    .option("--penalty-percent-per-day <percent>", "part of a unit's price lost a day late", parsePercent)
    .option("--penalty-cap-days <days>", "so many days late count at most", days, 10)
    .option("--device-keys <jwks.json>", "a device with one of these keys must sign each report for the chain")
    .option("--from-balance", "the buyer's balance in the escrow pays", false)
    .option("--group <id>", "relayer group, in place of the stack's", Number)
    .action(async (file: string, options: CreateOptions) => {
      await create({ file, options, output: output(options) });
    });
}

async function create(p: { file: string; options: CreateOptions; output: Output }): Promise<void> {
  const { file, options, output } = p;
  const { order, due, expiry, grace } = readOrderFile({ ...options, file, now: Math.floor(Date.now() / 1000) });
  const deviceKeys = options.deviceKeys === undefined ? null : readDeviceKeys({ file: options.deviceKeys });
  const session = await openSession(options);
  const find = (party: Party, kind: OrganisationKind) => partyOf({ session, party, kind, register: options.register });
  const buyer = await find(order.buyer, "buyer");
  const supplier = await find(order.supplier, "supplier");
  const sheet = toOrderSheet({ order, salt: hexlify(randomBytes(32)) });
  const { currency } = sheet;
  const document = writeOrderDocument({
    deployment: session.client.deployment,
    sheet,
    buyer: buyer.account,
    supplier: supplier.account,
    due: due.due,
    expiry,
    grace,
    group: session.group(currency),
    special: {
      ...specialOf({ options, expiry, session }),
      ...(deviceKeys && { devices: writeDeviceKeys({ keys: deviceKeys }) }),
    },
  });
  await announceOrder({ order: document, relayers: session.relayers });
  if (!options.fromBalance) await requireMoney({ session, payer: buyer, currency, amount: totalOf(sheet), output });
  session.book.addOrder({
    id: document.id,
    currency,
    sheet,
    conditions: document.conditions,
    ...(deviceKeys && { deviceKeys }),
  });
  const creation = await fund({ session, buyer, document, fromBalance: options.fromBalance });
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

/** Plain orders the cheaper way. */
async function fund(p: { session: Session; buyer: BookOrganisation; document: OrderDocument; fromBalance: boolean }) {
  const client = p.session.accountOf(p.buyer);
  const order = p.document;
  const plain = isPlain(order.terms);
  if (plain && p.fromBalance) return await createOrdersFromBalance({ client, orders: [order] });
  if (plain) return (await createOrder({ client, order })).creation;
  return (await openOrder({ client, order, source: p.fromBalance ? "balance" : "allowance" })).creation;
}

/** The special clauses that the options ask for. */
function specialOf(p: { options: CreateOptions; expiry: number; session: Session }): SpecialClauses {
  const { options, expiry, session } = p;
  const { inspectionDays = 0, retentionPercent = 0, penaltyPercentPerDay = 0 } = options;
  const penalty =
    penaltyPercentPerDay === 0 ? {} : { penaltyRate: penaltyPercentPerDay, capDays: options.penaltyCapDays };
  if (inspectionDays === 0 && retentionPercent === 0) return penalty;
  if (options.arbiter === undefined) {
    throw new FactoryChainError("arbiter-missing", "An order with inspection or retention needs an arbiter.", {
      expected: "a third organisation that buyer and supplier agree on",
      advice: "Name it: --arbiter ORGANISATION",
    });
  }
  const retention =
    retentionPercent === 0 ? {} : { retention: retentionPercent, retentionUntil: expiry + options.retentionDays * DAY };
  return {
    ...penalty,
    ...retention,
    arbiter: findOrganisation({ book: session.book.read(), meant: options.arbiter }).account,
    inspection: inspectionDays * DAY,
    answer: options.answerDays * DAY,
    arbitration: options.arbitrationDays * DAY,
    defaultSplit: options.defaultSplit,
  };
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
