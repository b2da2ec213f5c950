// Does on the chain, by the SDK, what an action of the model says: each party with its own account or its signature.
import { AXIS_END } from "../../src/chain/claims.ts";
import type { Claim } from "../../src/chain/claims.ts";
import { NO_DEADLINE } from "../../src/chain/consent.ts";
import type { Approval, TypedDataSigner } from "../../src/chain/consent.ts";
import { CALL } from "../../src/chain/orderState.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import * as sdk from "../../src/index.ts";
import type { OrderDocument } from "../../src/sdk/settlement/orderDocument.ts";
import { claimsForChain } from "./chainFigures.ts";
import { createChainGroups } from "./chainGroups.ts";
import { CURRENCY } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import { documentOf } from "./chainTerms.ts";
import { big, pointsOf } from "./orderState.ts";
import type { Action, RecordedClaim } from "./recorded.ts";

/** An order on the chain: its document, and the terms that are in force by now. */
export interface PlacedOrder {
  document: OrderDocument;
  terms: OrderTerms;
}

export interface ChainActions {
  orders: Map<string, PlacedOrder>;
  /**
   * @param p.claims the order's present list
   * @param p.relayed what a party does alone it does by a signature that somebody else sends
   * @returns `done`, why a report was skipped, or the code of the refusal
   */
  act(p: { action: Action; claims: readonly RecordedClaim[]; relayed: boolean }): Promise<string>;
}

interface Given {
  name: string;
  order: PlacedOrder;
  claims: Claim[];
  relayed: boolean;
}

type Signing = { signer: TypedDataSigner; deadline: number };

export function createChainActions(scene: ChainScene): ChainActions {
  const { addressOf, clientOf, walletOf, client, deployment } = scene;
  const orders = new Map<string, PlacedOrder>();
  const groups = createChainGroups(scene);

  /** Who sends what one party decides, with its signature where that is somebody else. */
  async function alone(party: unknown, relayed: boolean, sign: (p: Signing) => Promise<Approval>) {
    if (!relayed) return { client: clientOf(String(party)) };
    const approval = await sign({ signer: walletOf(String(party)), deadline: NO_DEADLINE });
    return { client: clientOf("stranger"), deadline: NO_DEADLINE, approvals: [approval] };
  }

  /** Who sends what several sign: who is named, else the first of them. */
  async function together(a: Action, sign: (p: Signing) => Promise<Approval>) {
    const deadline = Number(a.deadline ?? NO_DEADLINE);
    const signed = a.signed ?? [];
    const sender = a.by ?? signed[0] ?? "stranger";
    const others = signed.filter((name) => name !== sender).map(walletOf);
    const approvals = await Promise.all(others.map((signer) => sign({ signer, deadline })));
    return { client: clientOf(sender), deadline, approvals };
  }

  const nonceOf = async (name: unknown) =>
    (await sdk.readBalances({ client, currency: CURRENCY, account: addressOf(String(name)) })).nonce;

  const actions: Record<string, (a: Action, given: Given) => Promise<unknown>> = {
    ...groups.acts,
    wait: async (a) => scene.wait(Number(a.seconds)),
    mint: (a) => scene.mint(String(a.to), big(a.amount)),
    refuse: (a) => scene.refuse(String(a.account), Boolean(a.on)),
    deposit: (a) => sdk.deposit({ client: clientOf(String(a.by)), currency: CURRENCY, amount: big(a.amount) }),
    async withdraw(a, { relayed }) {
      const paid = { currency: CURRENCY, amount: big(a.amount), to: addressOf(String(a.to ?? a.by)) };
      const nonce = relayed ? await nonceOf(a.by) : 0n;
      const sent = await alone(a.by, relayed, (p) => sdk.signWithdrawal({ ...p, ...paid, deployment, nonce }));
      return sdk.withdraw({ ...sent, ...paid, account: addressOf(String(a.by)) });
    },
    async create(a, { name }) {
      const document = documentOf({ scene, action: a, group: groups.idOf(a.group) });
      await open(a, document);
      orders.set(name, { document, terms: document.terms });
    },
    confirm: (a, { order, claims }) => groups.confirm(a, order, claims),
    async inspect(a, { relayed, ...given }) {
      const answer = { ...about(given), lot: lotOf(a), rejected: big(a.reject) };
      return sdk.inspectLot({
        ...(await alone(a.by, relayed, (p) => sdk.signInspection({ ...p, ...answer }))),
        ...answer,
      });
    },
    async claim_retention(a, { relayed, ...given }) {
      const call = { ...about(given), amount: big(a.amount) };
      const sent = await alone(a.by, relayed, (p) => sdk.signRetentionCall({ ...p, ...call }));
      return sdk.callRetention({ ...sent, ...call });
    },
    async dispute(a, { relayed, ...given }) {
      const contest = { ...about(given), lot: lotOf(a), party: addressOf(String(a.by)) };
      return sdk.disputeLot({
        ...(await alone(a.by, relayed, (p) => sdk.signDispute({ ...p, ...contest }))),
        ...contest,
      });
    },
    async rule(a, { relayed, ...given }) {
      const ruling = { ...about(given), lot: lotOf(a), share: Number(a.share) };
      return sdk.ruleLot({ ...(await alone(a.by, relayed, (p) => sdk.signRuling({ ...p, ...ruling }))), ...ruling });
    },
    resolve: (a, given) => sdk.resolveLot({ client: anybody(a), ...about(given), lot: lotOf(a) }),
    settle: (a, given) => sdk.settleOrder({ client: anybody(a), ...about(given) }),
    refund: (a, given) => sdk.refundOrder({ client: anybody(a), ...about(given) }),
    async cancel(a, given) {
      const agreed = { ...about(given), payout: big(a.payout), seq: Number(a.seq) };
      return sdk.cancelOrder({ ...(await together(a, (p) => sdk.signCancellation({ ...p, ...agreed }))), ...agreed });
    },
    async amend(a, given) {
      const { document, terms } = given.order;
      const schedules = pointsOf(a).map((points) => points.map(({ quantity, money }) => ({ quantity, total: money })));
      const moved = a.group === undefined ? {} : { group: groups.idOf(a.group) };
      const changes = { due: Number(a.due), expiry: Number(a.expiry), schedules, ...moved };
      const next = sdk.amendTerms({ order: document.id, terms, changes });
      const agreed = { ...about(given), next, seq: Number(a.seq) };
      await sdk.amendOrder({ ...(await together(a, (p) => sdk.signAmendment({ ...p, ...agreed }))), ...agreed });
      orders.set(given.name, { document, terms: next });
    },
    async credit_note(a, { relayed, ...given }) {
      const note = { ...about(given), amount: big(a.amount) };
      const nonce = relayed ? await nonceOf(a.by) : 0n;
      const sent = await alone(a.by, relayed, (p) => sdk.signCreditNote({ ...p, ...note, nonce }));
      return sdk.issueCreditNote({ ...sent, ...note });
    },
    async assign(a, given) {
      const maxStart = big(a.max_start) < AXIS_END ? big(a.max_start) : AXIS_END;
      const part = { claim: Number(a.id), amount: big(a.amount), maxStart, to: addressOf(String(a.to)) };
      const agreed = { ...about(given), ...part, slots: Number(a.slots ?? 1), price: big(a.price), seq: Number(a.seq) };
      return sdk.assignClaim({ ...(await together(a, (p) => sdk.signAssignment({ ...p, ...agreed }))), ...agreed });
    },
  };

  /** Opens an order in the simplest way that there is for it. */
  async function open(a: Action, order: OrderDocument): Promise<unknown> {
    const [by, source] = [clientOf(String(a.by)), a.from_balance ? "balance" : "allowance"] as const;
    if (sdk.isPlain(order.terms) && by.address === order.terms.buyer) {
      return a.from_balance
        ? sdk.createOrdersFromBalance({ client: by, orders: [order] })
        : sdk.createOrder({ client: by, order });
    }
    const creation = { deployment, order, source, deadline: NO_DEADLINE };
    const signers = (a.signed ?? []).map(walletOf);
    const approvals = await Promise.all(signers.map((signer) => sdk.signOrderCreation({ ...creation, signer })));
    return sdk.openOrder({ client: by, order, source, approvals });
  }

  const anybody = (a: Action) => clientOf(String(a.by ?? "stranger"));

  /** What every action about an order passes on. */
  function about({ order, claims }: Pick<Given, "order" | "claims">) {
    return { deployment, currency: CURRENCY, terms: order.terms, conditions: order.document.conditions, claims };
  }

  return {
    orders,
    async act({ action, claims, relayed }) {
      const name = action.order ?? "";
      const given: Given = { name, order: orders.get(name)!, claims: listOf(action.claims ?? claims), relayed };
      try {
        const answer = await actions[action.do]!(action, given);
        return typeof answer === "string" ? answer : "done";
      } catch (error) {
        if (error instanceof sdk.FactoryChainError) return error.code;
        throw error;
      }
    },
  };

  /** An order that was never assigned has no list. */
  function listOf(claims: readonly RecordedClaim[]): Claim[] {
    return claims.length === 1 && claims[0]?.[4] === 0 ? [] : claimsForChain(claims, addressOf);
  }
}

function lotOf(a: Action): number {
  return a.lot === "retention" ? CALL : Number(a.lot);
}
