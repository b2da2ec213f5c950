// Relayer groups of the model on the chain, and what their members sign.
import { id } from "ethers";
import { encodeConfirm } from "../../src/chain/confirm.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import type { Claim } from "../../src/chain/claims.ts";
import { packClaim } from "../../src/chain/claims.ts";
import { batchDigest, unpackClauses } from "../../src/chain/terms.ts";
import { enactMember, proposeMember, registerRelayerGroup, retireMember } from "../../src/index.ts";
import type { PlacedOrder } from "./chainActions.ts";
import { CURRENCY } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import { big } from "./orderState.ts";
import type { Action } from "./recorded.ts";

const UNKNOWN = 999;
/** SkipReason of IOrderDelivery.sol. */
const SKIP_REASONS = "none,not-open,stale-from,nothing-new,after-expiry,other-group,unknown-line,stale-terms".split(
  ",",
);

export function createChainGroups(scene: ChainScene) {
  const { admin, addressOf, clientOf, walletOf, domain } = scene;
  const groups = new Map<string, { group: number; members: string[] }>();
  const idOf = (name: unknown) => groups.get(String(name))?.group ?? UNKNOWN;
  const about = (a: Action) => ({ client: admin, currency: CURRENCY, group: idOf(a.group) });

  return {
    idOf,
    acts: {
      async make_group(a: Action) {
        const members = a.members as string[];
        const threshold = Number(a.k);
        const accounts = members.map(addressOf);
        const { group } = await registerRelayerGroup({ ...about(a), members: accounts, threshold });
        groups.set(String(a.group), { group, members: [...members] });
      },
      retire: (a: Action) => retireMember({ ...about(a), member: addressOf(String(a.member)) }),
      propose_member: (a: Action) => proposeMember({ ...about(a), member: addressOf(String(a.member)) }),
      async enact_member(a: Action) {
        await enactMember({ ...about(a), member: addressOf(String(a.member)) });
        groups.get(String(a.group))?.members.push(String(a.member));
      },
    },

    /** Sends a report that the signers of an action judged in this very second. Answers why it was skipped, if it was. */
    async confirm(a: Action, order: PlacedOrder, claims: readonly Claim[]): Promise<string | undefined> {
      const known = [...groups.values()].find(({ group }) => group === unpackClauses(order.terms.clauses).group);
      const { group = UNKNOWN, members = [] } = known ?? {};
      const accounts = members.map(addressOf);
      const report = {
        ...{ order: order.document.id, line: Number(a.line), from: big(a.from), to: big(a.cumulative) },
        ...{ late: big(a.late), latest: Number(a.at), root: id(`report up to ${String(a.cumulative)}`) },
      };
      const judged = { proposer: accounts[0] ?? "", blockNumber: 1, blockHash: id("block"), blockTime: scene.now() };
      const batch = { group, members: accounts, ...judged, reports: [report] };
      const digest = batchDigest({ domain, batch });
      const shares = (a.signers as string[]).map((name) => {
        return { member: addressOf(name), signature: walletOf(name).signingKey.sign(digest).serialized };
      });
      const terms = new Map([[report.order, order.terms]]);
      const lists = new Map(claims.length === 0 ? [] : [[report.order, claims.map(packClaim)]]);
      const data = encodeConfirm({ batch, shares, terms, claims: lists });
      const { logs } = await clientOf(String(a.by ?? "stranger")).write({ to: order.document.escrow, data });
      const events = logs.map((log) => interfaces.supplierEscrow.parseLog(log));
      const skipped = events.find((event) => event?.name === "ReportSkipped");
      return skipped ? SKIP_REASONS[Number(skipped.args["reason"])] : undefined;
    },
  };
}
