import { randomBytes, randomInt } from "node:crypto";
import { hexlify, Wallet } from "ethers";
import type { Deployment } from "../src/chain/deployment.ts";
import type { DeviceKey } from "../src/formats/envelope.ts";
import { checkDigit } from "../src/formats/gs1.ts";
import { parseOrderSheet } from "../src/formats/orderSheet.ts";
import { newPrivateJwk, publicKeyOf } from "../src/formats/signEvent.ts";
import type { PrivateJwk } from "../src/formats/signEvent.ts";
import { withAccount } from "../src/sdk/client.ts";
import type { AccountClient } from "../src/sdk/client.ts";
import { enrolDevice } from "../src/sdk/identity/enrolDevice.ts";
import type { OrganisationKind } from "../src/sdk/identity/organisationKinds.ts";
import { registerOrganisation } from "../src/sdk/identity/registerOrganisation.ts";
import { announceOrder } from "../src/sdk/settlement/announceOrder.ts";
import { createOrdersFromBalance } from "../src/sdk/settlement/createOrdersFromBalance.ts";
import { deposit } from "../src/sdk/settlement/deposit.ts";
import { totalOf, writeOrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import type { OrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import { mintCurrency } from "../src/sdk/value/mintCurrency.ts";
import { inParallel } from "./parallel.ts";

/** Devices of a testbed are valid until 2100. */
const VALID_UNTIL = 4_102_444_800;
/** Orders that one transaction opens: about 6 million gas. */
const PACKED = 200;
/** Documents that are on their way to the relayers at a time. */
const ANNOUNCED = 8;
/** From an order's issue to what is due, to its expiry, and from there to the last report, in seconds. */
const DATES = { due: 30 * 86_400, expiry: 60 * 86_400, grace: 30 * 86_400 };

/** Who trades in a testbed: one buyer that owns all devices, and suppliers, each with an account that nobody had before. */
export interface Trade {
  buyer: AccountClient;
  /** GLN by which orders and events name the buyer. */
  gln: string;
  /** Accounts, 0x-hex in lower case. */
  suppliers: string[];
  devices: PrivateJwk[];
}

/**
 * Registers a buyer, suppliers and the buyer's devices.
 *
 * @param admin has the role REGISTRAR
 * @param curve of the devices' keys
 */
export async function foundTrade(p: {
  admin: AccountClient;
  suppliers: number;
  devices: number;
  curve?: DeviceKey["curve"];
}): Promise<Trade> {
  const { admin } = p;
  const found = async (kind: OrganisationKind): Promise<AccountClient> => {
    const client = withAccount({ client: admin, wallet: new Wallet(Wallet.createRandom().privateKey) });
    const profile = hexlify(randomBytes(32));
    await registerOrganisation({ client: admin, kinds: [kind], profile, account: client.address });
    return client;
  };
  const count = (length: number) => Array.from({ length }, (_, index) => index);
  const [buyer, suppliers] = await Promise.all([
    found("buyer"),
    Promise.all(count(p.suppliers).map(() => found("supplier"))),
  ]);
  const devices = await Promise.all(
    count(p.devices).map(() => newPrivateJwk(p.curve === undefined ? {} : { curve: p.curve })),
  );
  await Promise.all(
    devices.map((device) =>
      enrolDevice({ client: buyer, key: publicKeyOf(device), validFrom: 0, validUntil: VALID_UNTIL }),
    ),
  );
  return { buyer, gln: withCheckDigit(randomInt(1e12)), suppliers: suppliers.map(({ address }) => address), devices };
}

/** What orders are opened. */
export interface OrderPlan {
  /** How many orders. */
  count: number;
  /** Lines of an order, by its index; default: 1, 2 and 3 in turn. */
  lines?: (index: number) => number;
  /** Pieces of each line, so many deliveries of one piece can be made; default: 100,000. */
  quantity?: bigint;
  /** Of a piece, in minor units; default: 100. */
  price?: bigint;
}

/**
 * Opens plain orders from a balance that the buyer is given for them, packed, and announces them to the relayers before.
 * The suppliers take turns.
 *
 * @param admin has the role ISSUER
 * @param group of the currency's escrow
 * @param relayers APIs of the group's relayers that hear of the orders; they hand documents on to the others
 * @param told after each packed batch how many orders are open
 */
export async function openOrders(p: {
  admin: AccountClient;
  trade: Trade;
  currency: string;
  group: number;
  relayers: readonly string[];
  plan: OrderPlan;
  told?: (open: number) => void;
}): Promise<OrderDocument[]> {
  const { admin, trade, currency, relayers } = p;
  const head = (await admin.provider.send("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  const orders = writeOrders({ ...p, deployment: admin.deployment, issued: Number(head.timestamp) });
  const amount = orders.reduce((sum, { sheet }) => sum + totalOf(sheet), 0n);
  await mintCurrency({ client: admin, currency, to: trade.buyer.address, amount });
  await deposit({ client: trade.buyer, currency, amount });
  await inParallel({ items: orders, most: ANNOUNCED, work: (order) => announceOrder({ order, relayers }) });
  for (let from = 0; from < orders.length; from += PACKED) {
    await createOrdersFromBalance({ client: trade.buyer, orders: orders.slice(from, from + PACKED) });
    p.told?.(Math.min(from + PACKED, orders.length));
  }
  return orders;
}

/**
 * Writes the documents of new orders. Needs no chain.
 *
 * @param issued seconds since 1970, no later than what is delivered first
 */
export function writeOrders(p: {
  deployment: Deployment;
  trade: Pick<Trade, "gln" | "suppliers"> & { buyer: { address: string } };
  currency: string;
  group: number;
  plan: OrderPlan;
  issued: number;
}): OrderDocument[] {
  const { deployment, trade, currency, group, issued } = p;
  const { buyer, gln, suppliers } = trade;
  const { count, lines = (index) => 1 + (index % 3), quantity = 100_000n, price = 100n } = p.plan;
  const run = hexlify(randomBytes(4)).slice(2);
  return Array.from({ length: count }, (_, index) => {
    const supplier = suppliers[index % suppliers.length] ?? "";
    const sheet = parseOrderSheet({
      number: `PO-${run}-${index + 1}`,
      buyer: { identifiers: [gln] },
      supplier: { identifiers: [`testbed-${supplier.slice(2)}`] },
      issued: new Date(issued * 1000).toISOString().replace(".000Z", "Z"),
      currency,
      minorUnit: 0,
      lines: Array.from({ length: lines(index) }, (_line, position) => ({
        id: String(position + 1),
        gtin: withCheckDigit(position, 13),
        item: `item ${position + 1}`,
        unit: "C62",
        decimals: 0,
        quantity: String(quantity),
        total: String(quantity * price),
      })),
      salt: hexlify(randomBytes(32)),
    });
    const [due, expiry, { grace }] = [issued + DATES.due, issued + DATES.expiry, DATES];
    return writeOrderDocument({ deployment, sheet, buyer: buyer.address, supplier, due, expiry, grace, group });
  });
}

/** A GS1 number: so many digits and their check digit. */
function withCheckDigit(number: number, digits = 12): string {
  const text = String(number).padStart(digits, "0");
  return text + checkDigit(text);
}
