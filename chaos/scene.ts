import { hexlify } from "ethers";
import { checkDigit } from "../src/formats/gs1.ts";
import { parseOrderSheet } from "../src/formats/orderSheet.ts";
import { newPrivateJwk, publicKeyOf } from "../src/formats/signEvent.ts";
import type { PrivateJwk } from "../src/formats/signEvent.ts";
import { enrolDevice } from "../src/sdk/identity/enrolDevice.ts";
import { revokeDevice } from "../src/sdk/identity/revokeDevice.ts";
import { announceOrder } from "../src/sdk/settlement/announceOrder.ts";
import { createOrdersFromBalance } from "../src/sdk/settlement/createOrdersFromBalance.ts";
import { deposit } from "../src/sdk/settlement/deposit.ts";
import { totalOf, writeOrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import type { OrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import { mintCurrency } from "../src/sdk/value/mintCurrency.ts";
import type { Network } from "../testbed/network.ts";
import { foundTrade } from "../testbed/orders.ts";
import type { Trade } from "../testbed/orders.ts";
import type { Rng } from "../testbed/seeded.ts";
import type { AuditedOrder } from "./audit/history.ts";

/** Something to deliver. */
export interface Parcel {
  order: OrderDocument;
  line: number;
  quantity: bigint;
}

/** What an act plays with: parties, devices, orders, and deliveries in the order in which they are made. */
export interface Scene {
  trade: Trade;
  /** Enrolled once, and revoked. */
  revoked: PrivateJwk;
  orders: OrderDocument[];
  audited: AuditedOrder[];
  parcels: Parcel[];
  /** Index of the line that takes what may count or not. */
  spare: number;
}

/** Deliveries of a line; the auditor tries all ways to put them together. */
const PER_LINE = 12;
const SUPPLIERS = 3;
const DEVICES = 3;
const DAY = 86_400;
/** How much room lines have for their deliveries: more than enough, exactly enough, too little, enough; and the spare one. */
const ROOM = ["more", "exact", "less", "more", "spare"] as const;

/** Founds parties and opens orders, which every relayer of the list is told of. */
export async function openScene(p: {
  network: Network;
  rng: Rng;
  /** APIs of the relayers that hear of the orders. */
  relayers: readonly string[];
  orders: number;
}): Promise<Scene> {
  const { network, rng } = p;
  const { admin, currency } = network;
  const trade = await foundTrade({ admin, suppliers: SUPPLIERS, devices: DEVICES });
  const revoked = await newPrivateJwk();
  const { device } = await enrolDevice({
    ...{ client: trade.buyer, key: publicKeyOf(revoked) },
    ...{ validFrom: 0, validUntil: 4_102_444_800 },
  });
  await revokeDevice({ client: trade.buyer, device });

  const head = (await network.chain.rpc("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  const written = Array.from({ length: p.orders }, (_, index) =>
    write({ network, trade, rng, index, issued: Number(head.timestamp) }),
  );
  const orders = written.map(({ order }) => order);
  const amount = orders.reduce((sum, { sheet }) => sum + totalOf(sheet), 0n);
  await mintCurrency({ client: admin, currency, to: trade.buyer.address, amount });
  await deposit({ client: trade.buyer, currency, amount });
  for (const order of orders) await announceOrder({ order, relayers: p.relayers });
  await createOrdersFromBalance({ client: trade.buyer, orders });
  return {
    ...{ trade, revoked, orders },
    audited: orders.map(({ id, terms, sheet }) => ({
      ...{ id, terms },
      lines: sheet.lines.map(({ quantity, total }) => ({ quantity: BigInt(quantity), total: BigInt(total) })),
    })),
    parcels: shuffle(
      rng,
      written.flatMap(({ parcels }) => parcels),
    ),
    spare: ROOM.indexOf("spare"),
  };
}

function write(p: { network: Network; trade: Trade; rng: Rng; index: number; issued: number }) {
  const { network, trade, rng, index, issued } = p;
  const parcels: Omit<Parcel, "order">[] = [];
  const quantities = ROOM.map((room, line) => {
    const each = Array.from({ length: PER_LINE }, () => BigInt(1 + rng.nat(1_000_000)));
    if (room !== "spare") parcels.push(...each.map((quantity) => ({ line, quantity })));
    const sum = each.reduce((one, other) => one + other, 0n);
    return { more: sum + 1_000n, exact: sum, less: (sum * 3n) / 5n, spare: 100_000_000n }[room];
  });
  const supplier = trade.suppliers[index % trade.suppliers.length] ?? "";
  const sheet = parseOrderSheet({
    number: `PO-${index + 1}`,
    buyer: { identifiers: [trade.gln] },
    supplier: { identifiers: [`chaos-${supplier.slice(2)}`] },
    issued: new Date(issued * 1000).toISOString().replace(".000Z", "Z"),
    ...{ currency: network.currency, minorUnit: 0 },
    lines: quantities.map((quantity, line) => ({
      id: String(line + 1),
      gtin: gtinOf(line),
      item: `item ${line + 1}`,
      unit: "C62",
      decimals: 0,
      quantity: String(quantity),
      // No whole price a piece: parts must add up all the same.
      total: String((quantity * 7n) / 3n + 1n),
    })),
    salt: hexlify(Uint8Array.from({ length: 32 }, () => rng.nat(256))),
  });
  const order = writeOrderDocument({
    ...{ deployment: network.deployment, sheet, buyer: trade.buyer.address, supplier, group: network.group },
    ...{ due: issued + 30 * DAY, expiry: issued + 60 * DAY, grace: 30 * DAY },
  });
  return { order, parcels: parcels.map((parcel) => ({ ...parcel, order })) };
}

export function shuffle<T>(rng: Rng, list: readonly T[]): T[] {
  const left = [...list];
  return list.map(() => left.splice(rng.nat(left.length), 1)[0] as T);
}

function gtinOf(line: number): string {
  const digits = String(1_000 + line).padStart(13, "0");
  return digits + checkDigit(digits);
}
