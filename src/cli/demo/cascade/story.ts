import { randomBytes } from "node:crypto";
import { hexlify, id, Wallet } from "ethers";
import { NO_DEADLINE } from "../../../chain/consent.ts";
import type { Endpoints } from "../../../config/stack.ts";
import { unpackClauses } from "../../../chain/terms.ts";
import { readHead } from "../../../chain/wire.ts";
import { FactoryChainError } from "../../../lib/errors.ts";
import { withAccount } from "../../../sdk/client.ts";
import { readLedger } from "../../../sdk/ledger/readLedger.ts";
import { announceOrder } from "../../../sdk/settlement/announceOrder.ts";
import { assignClaim, signAssignment } from "../../../sdk/settlement/assignClaim.ts";
import { disputeLot } from "../../../sdk/settlement/disputeLot.ts";
import { inspectLot } from "../../../sdk/settlement/inspectLot.ts";
import { openOrder } from "../../../sdk/settlement/openOrder.ts";
import type { OrderDocument } from "../../../sdk/settlement/orderDocument.ts";
import { readClaims } from "../../../sdk/settlement/readClaims.ts";
import { readLots } from "../../../sdk/settlement/readLots.ts";
import { readOrder } from "../../../sdk/settlement/readOrder.ts";
import { resolveLot } from "../../../sdk/settlement/resolveLot.ts";
import { settleOrder } from "../../../sdk/settlement/settleOrder.ts";
import { publishMessages } from "../../publish.ts";
import { simulateMessage } from "../../simulate.ts";
import type { Stage } from "../stage.ts";
import { untilSettled, untilThere } from "../watch.ts";
import { CLAIMS, CLAUSES, CURRENCY, DAY, FIRST, SECOND, TOTAL, writeAgreement } from "./agreement.ts";
import { findCast, readPurses } from "./cast.ts";
import type { Cast, Role } from "./cast.ts";
import { passTo } from "./clock.ts";
import { won } from "./report.ts";
import type { CascadeResult } from "./report.ts";

const HOUR = 3_600;

/** Plays the scenario from the registration of its parties to the closed order. */
export async function tellCascade({ stack, teller, signal }: Stage): Promise<CascadeResult> {
  const started = Date.now();
  const { endpoints } = await stack.once("deployed");
  const cast = await teller.phase("registering", findCast({ endpoints, step: teller.step }));
  await stack.once("ready");
  const scene = await openScene({ cast, endpoints, step: teller.step, signal });
  const before = await scene.purses();
  await teller.phase("funding", scene.fund());
  await teller.phase("assigning", scene.assign());
  await teller.phase("first delivery", scene.deliverInTime());
  await teller.phase("second delivery", scene.deliverLate());
  const statutory = await teller.phase("dispute", scene.dispute());
  await teller.phase("retention", scene.release());
  const { order, claims } = scene;
  const state = await readOrder({
    client: cast.client,
    currency: CURRENCY,
    order: order.id,
    conditions: order.conditions,
  });
  const ledger = await readLedger({ client: cast.client, currency: CURRENCY });
  const after = await scene.purses();
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  const end = { status: state?.status ?? "open", statutory: state?.statutory ?? null };
  return { cast, order, claims, before, after, ledger, dispute: statutory, end, phases: teller.phases, seconds };
}

/** The order, and what its parties do. */
async function openScene(
  p: { cast: Cast; endpoints: Endpoints } & Pick<Stage["teller"], "step"> & Pick<Stage, "signal">,
) {
  const { cast, endpoints, step, signal } = p;
  const { client, parties } = cast;
  const { buyer, supplier, bank } = parties;
  const relayers = endpoints.relayers.map(({ url }) => url);
  const order: OrderDocument = writeAgreement({
    deployment: client.deployment,
    buyer: buyer.client.address,
    supplier: supplier.client.address,
    arbiter: cast.arbiter,
    group: endpoints.groups[CURRENCY] ?? 0,
    salt: hexlify(randomBytes(32)),
    now: (await readHead(client.provider)).time,
  });
  const about = { currency: CURRENCY, terms: order.terms, conditions: order.conditions };
  const query = { client, currency: CURRENCY, order: order.id, conditions: order.conditions };
  const anyone = withAccount({ client, wallet: Wallet.createRandom() });
  const claims: CascadeResult["claims"] = [];
  let sent = 0;

  const statutory = async () => (await readOrder(query))?.statutory ?? null;

  /** The claim that a party owns now; 0: nothing was assigned so far. */
  async function claimOf(role: Role): Promise<number> {
    const list = await readClaims(query);
    return list.find(({ owner }) => owner.toLowerCase() === parties[role].client.address)?.id ?? 0;
  }

  async function give(from: Role, to: Role, amount: bigint, slots: number): Promise<void> {
    const part = { claim: await claimOf(from), amount, to: parties[to].client.address, slots };
    const transaction = await assignClaim({ client: parties[from].client, ...about, ...part });
    claims.push({ from, to, amount, price: 0n });
    step({ what: `${parties[from].name} assigns ${won(amount)} of the order to ${parties[to].name}`, transaction });
  }

  /** A device reports what arrived, at a time before the due date or after it; the relayers confirm it. */
  async function deliver({ quantity, daysLate }: { quantity: bigint; daysLate: number }): Promise<number> {
    const { due } = unpackClauses(order.terms.clauses);
    // An hour before a whole day: the seconds that the machine takes change no count of days.
    const time = due + daysLate * DAY - HOUR;
    await passTo({ client, time });
    await untilThere({ provider: client.provider, relayers, signal });
    const line = order.sheet.lines[0];
    if (line === undefined) throw new Error("The order has no line.");
    const message = await simulateMessage({ device: cast.device, order: order.id, delivery: { line, quantity }, time });
    await publishMessages({ url: endpoints.mqtt, messages: [message], pace: 0, signal });
    await untilSettled({ relayers, sent: ++sent, look: async () => {}, signal });
    const lot = (await readLots(query)).at(-1);
    if (lot === undefined) throw new FactoryChainError("demo-delivery", "The delivery was not confirmed.");
    const when = daysLate > 0 ? `${daysLate} days late` : "on time";
    step({ what: `${quantity} of 1,000 pieces delivered, ${when}; the relayers confirm, and the buyer may inspect` });
    return lot.lot;
  }

  return {
    order,
    claims,
    purses: () => readPurses({ cast, escrow: order.escrow }),

    async fund(): Promise<void> {
      await announceOrder({ order, relayers });
      const { creation } = await openOrder({ client: buyer.client, order });
      step({
        what: `order ${order.sheet.number} created: ${won(TOTAL)} of ${buyer.name} in escrow`,
        transaction: creation,
      });
    },

    async assign(): Promise<void> {
      await give("supplier", "tier2", CLAIMS.tier2, 4);
      await give("tier2", "tier3", CLAIMS.tier3, 1);
      const { bank: amount, price } = CLAIMS;
      const sale = { claim: await claimOf("supplier"), amount, to: bank.client.address, slots: 1, price };
      const seq = (await readOrder(query))?.seq ?? 0;
      const terms = { ...about, deployment: client.deployment, deadline: NO_DEADLINE, seq };
      const approval = await signAssignment({ signer: supplier.wallet, ...terms, ...sale });
      const signed = { deadline: NO_DEADLINE, approvals: [approval], seq };
      const transaction = await assignClaim({ client: bank.client, ...about, ...sale, ...signed });
      claims.push({ from: "supplier", to: "bank", amount, price });
      step({ what: `${bank.name} buys ${won(amount)} for ${won(price)}, money against claim`, transaction });
    },

    async deliverInTime(): Promise<void> {
      const lot = await deliver(FIRST);
      const transaction = await inspectLot({ client: buyer.client, ...about, lot, rejected: 0n });
      step({ what: `${buyer.name} accepts: every tier and the bank are paid in this transaction`, transaction });
    },

    async deliverLate(): Promise<void> {
      const lot = await deliver(SECOND);
      const { rejected } = SECOND;
      const evidence = id("photographs of cracks");
      const transaction = await inspectLot({ client: buyer.client, ...about, lot, rejected, evidence });
      step({ what: `${buyer.name} rejects ${rejected} pieces of them and accepts the rest`, transaction });
    },

    /** What the law says at the end of it. */
    async dispute() {
      const lot = (await readLots(query)).at(-1)?.lot ?? 0;
      const evidence = id("measurement protocol");
      const transaction = await disputeLot({ client: supplier.client, ...about, lot, evidence });
      step({ what: `${supplier.name} disputes the rejection, with evidence ${evidence.slice(0, 10)}..`, transaction });
      const { ends } = (await readLots(query)).at(-1) ?? { ends: null };
      await passTo({ client, time: ends ?? 0 });
      const share = `${CLAUSES.defaultSplit / 10_000}%`;
      const resolved = await resolveLot({ client: anyone, ...about, lot });
      step({
        what: `the arbiter was silent for ${CLAUSES.arbitration} days; anyone resolves: ${share} is due, as agreed`,
        transaction: resolved,
      });
      return await statutory();
    },

    async release(): Promise<void> {
      await passTo({ client, time: unpackClauses(order.terms.clauses).retentionUntil });
      const transaction = await settleOrder({ client: anyone, ...about });
      step({ what: `the retention's date: anyone settles, ${supplier.name} gets it, the order closes`, transaction });
    },
  };
}
