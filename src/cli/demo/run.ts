import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hexlify, Wallet } from "ethers";
import { currencyContracts, parseDeployment } from "../../chain/deployment.ts";
import type { Endpoints } from "../../config/stack.ts";
import { deviceId } from "../../formats/jwk.ts";
import { toOrderSheet } from "../../formats/orderSheet.ts";
import type { OrderSheet } from "../../formats/orderSheet.ts";
import { newPrivateJwk, publicKeyOf } from "../../formats/signEvent.ts";
import type { PrivateJwk } from "../../formats/signEvent.ts";
import type { RecordedMessage } from "../../formats/recordedStream.ts";
import { createClient, withAccount } from "../../sdk/client.ts";
import type { AccountClient, Client } from "../../sdk/client.ts";
import { announceOrder } from "../../sdk/settlement/announceOrder.ts";
import { createOrder } from "../../sdk/settlement/createOrder.ts";
import { totalOf, writeOrderDocument } from "../../sdk/settlement/orderDocument.ts";
import type { OrderDocument } from "../../sdk/settlement/orderDocument.ts";
import { readDeliveries } from "../../sdk/settlement/readDeliveries.ts";
import type { Delivery } from "../../sdk/settlement/readDeliveries.ts";
import { mintCurrency } from "../../sdk/value/mintCurrency.ts";
import { readBalance } from "../../sdk/value/readBalance.ts";
import { publishMessages } from "../publish.ts";
import { planDeliveries, simulateMessage } from "../simulate.ts";
import { formatMoney, formatQuantity } from "../table.ts";
import type { Documents } from "./documents.ts";
import { enrolDevices, foreignOwners, foundParty, ownerOf } from "./parties.ts";
import type { FoundedParty } from "./parties.ts";
import type { Balances, DemoResult } from "./report.ts";
import type { Step } from "./timeline.ts";
import { readVerdicts, untilSettled, untilThere } from "./watch.ts";

/** Devices that deliver an order of which nobody recorded a delivery. */
const SIMULATED_DEVICES = 2;
/** Milliseconds between two messages at most, and for all of them together. */
const PACE = { most: 400, all: 6_000 };

/** The parties of a run, before the order. */
export interface Founded {
  client: Client;
  buyer: FoundedParty;
  supplier: FoundedParty;
  simulated: PrivateJwk[];
}

/** Connects as the account that may register organisations and issue currency. */
export function connect(endpoints: Endpoints): { client: Client; admin: AccountClient } {
  const name = endpoints.deployment;
  const deployment = parseDeployment({ text: readFileSync(name, "utf8"), name });
  const client = createClient({ rpcUrl: endpoints.rpc, deployment });
  const wallet = new Wallet(readFileSync(endpoints.adminKey, "utf8").trim());
  return { client, admin: withAccount({ client, wallet }) };
}

/** Registers organisations and devices, and gives the buyer the money. */
export async function found(p: {
  endpoints: Endpoints;
  documents: Documents;
  step: (step: Step) => void;
}): Promise<Founded> {
  const { order, recorded } = p.documents;
  const { client, admin } = connect(p.endpoints);
  const { step } = p;
  const simulated =
    recorded === null ? await Promise.all(Array.from({ length: SIMULATED_DEVICES }, () => newPrivateJwk())) : [];
  const keys = simulated.map((jwk) => ({ device: deviceId(publicKeyOf(jwk)), key: publicKeyOf(jwk) }));
  const devices = recorded?.devices ?? keys;

  const nameOf = (party: typeof order.buyer) => party.name ?? party.identifiers[0] ?? "unnamed";
  const foreign = foreignOwners({ devices, buyer: order.buyer, supplier: order.supplier });
  const [buyer, supplier, ...others] = await Promise.all([
    foundParty({ admin, client, name: nameOf(order.buyer), kind: "buyer", step }),
    foundParty({ admin, client, name: nameOf(order.supplier), kind: "supplier", step }),
    ...foreign.map((name) => foundParty({ admin, client, name, kind: "supplier", step })),
  ]);
  const parties = [
    { party: buyer, identifiers: order.buyer.identifiers },
    { party: supplier, identifiers: order.supplier.identifiers },
    ...others.map((party, index) => ({ party, identifiers: [foreign[index] ?? ""] })),
  ];

  const amount = BigInt(order.payable);
  const { currency, minorUnit } = order;
  const [issued] = await Promise.all([
    mintCurrency({ client: admin, currency, to: buyer.client.address, amount }),
    enrolDevices({
      devices: devices.map((device) => ({ key: device.key, owner: ownerOf({ device, parties }) })),
      step,
    }),
  ]);
  step({ what: `${formatMoney({ amount, minorUnit, currency })} issued to ${buyer.name}`, transaction: issued });
  return { client, buyer, supplier, simulated };
}

/** Announces the order to the relayers and funds it. */
export async function fund(p: {
  founded: Founded;
  documents: Documents;
  endpoints: Endpoints;
  step: (step: Step) => void;
}): Promise<{ order: OrderDocument; before: Balances }> {
  const { client, buyer, supplier } = p.founded;
  const { documents, endpoints, step } = p;
  const sheet = toOrderSheet({ order: documents.order, salt: hexlify(randomBytes(32)) });
  const order = writeOrderDocument({
    deployment: client.deployment,
    sheet,
    buyer: buyer.client.address,
    supplier: supplier.client.address,
    due: documents.due.due,
    expiry: documents.expiry,
    grace: documents.grace,
    group: endpoints.groups[sheet.currency] ?? 0,
  });
  const before = await readBalances({ founded: p.founded, currency: sheet.currency });
  await announceOrder({ order, relayers: endpoints.relayers.map(({ url }) => url) });
  const { allowance, creation } = await createOrder({ client: buyer.client, order });
  const total = formatMoney({ amount: totalOf(sheet), ...sheet });
  if (allowance !== null) step({ what: `${buyer.name} allows the escrow to take ${total}`, transaction: allowance });
  step({ what: `order ${sheet.number} created: ${total} of ${buyer.name} in escrow`, transaction: creation });
  return { order, before };
}

/** Lets the devices speak and waits until everything they said is judged. */
export async function deliver(p: {
  founded: Founded;
  order: OrderDocument;
  documents: Documents;
  endpoints: Endpoints;
  step: (step: Step) => void;
  signal: AbortSignal;
}): Promise<Pick<DemoResult, "deliveries" | "verdicts" | "after">> {
  const { founded, order, documents, endpoints, step, signal } = p;
  const { sheet } = order;
  const messages = documents.recorded?.messages ?? (await simulate({ order, devices: founded.simulated }));
  const relayers = endpoints.relayers.map(({ url }) => url);
  const query = { client: founded.client, currency: sheet.currency, order: order.id };

  let shown = 0;
  async function look(): Promise<void> {
    const deliveries = await readDeliveries(query);
    for (const delivery of deliveries.slice(shown)) step(deliveryStep(sheet, delivery));
    shown = Math.max(shown, deliveries.length);
  }
  const pace = Math.min(PACE.most, PACE.all / Math.max(1, messages.length));
  const sent = messages.length;
  await untilThere({ provider: founded.client.provider, relayers, signal });
  await Promise.all([
    publishMessages({ url: endpoints.mqtt, messages, pace, signal }),
    untilSettled({ relayers, sent, look, signal }),
  ]);
  await look();
  return {
    deliveries: await readDeliveries(query),
    verdicts: await readVerdicts({ relayers, sent }),
    after: await readBalances({ founded, currency: sheet.currency }),
  };
}

async function simulate(p: { order: OrderDocument; devices: readonly PrivateJwk[] }): Promise<RecordedMessage[]> {
  const time = Math.floor(Date.now() / 1000);
  return await Promise.all(
    planDeliveries(p.order.sheet).map(async (delivery, index) => {
      const device = p.devices[index % p.devices.length];
      if (device === undefined) throw new Error("There is no simulated device.");
      return await simulateMessage({ device, order: p.order.id, delivery, time });
    }),
  );
}

function deliveryStep(sheet: OrderSheet, { line: index, delivered, amount, transaction, gas, block }: Delivery): Step {
  const line = sheet.lines[index];
  const { decimals = 0, unit = null } = line ?? {};
  const soFar = formatQuantity({ quantity: delivered, decimals, unit });
  const all = formatQuantity({ quantity: BigInt(line?.quantity ?? "0"), decimals, unit });
  return {
    what: `line ${line?.id ?? index}: ${soFar} of ${all} delivered, ${formatMoney({ amount, ...sheet })} paid`,
    transaction: { hash: transaction, gasUsed: gas, block: { number: block } },
  };
}

async function readBalances(p: { founded: Founded; currency: string }): Promise<Balances> {
  const { client, buyer, supplier } = p.founded;
  const { escrow } = currencyContracts({ deployment: client.deployment, currency: p.currency });
  const read = (account: string) => readBalance({ client, currency: p.currency, account });
  const [supplierHas, buyerHas, escrowHas] = await Promise.all([
    read(supplier.client.address),
    read(buyer.client.address),
    read(escrow),
  ]);
  return { supplier: supplierHas, buyer: buyerHas, escrow: escrowHas };
}
