// An order of the model as its document on the chain.
import { id } from "ethers";
import { writeOrderDocument } from "../../src/index.ts";
import type { OrderSheet } from "../../src/index.ts";
import type { OrderDocument, SpecialClauses } from "../../src/sdk/settlement/orderDocument.ts";
import { CURRENCY } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import type { Action } from "./recorded.ts";
import { MILLION } from "./settlement.ts";

/** @param p.group its id on the chain */
export function documentOf(p: { scene: ChainScene; action: Action; group: number }): OrderDocument {
  const { scene, action: a, group } = p;
  return writeOrderDocument({
    deployment: scene.deployment,
    sheet: sheetOf(a),
    buyer: scene.addressOf(String(a.buyer ?? a.by)),
    supplier: scene.addressOf(String(a.supplier)),
    ...{ due: Number(a.due), expiry: Number(a.expiry), grace: Number(a.grace), group },
    special: specialOf(a, scene),
  });
}

/** The salt comes from the order's name: the same order twice is one order, two equal ones are not. */
function sheetOf(a: Action): OrderSheet {
  const lines = a.lines as [string, string][];
  return {
    number: String(a.order),
    buyer: { identifiers: [String(a.buyer ?? a.by)] },
    supplier: { identifiers: [String(a.supplier)] },
    issued: "2026-12-31T00:00:00Z",
    currency: CURRENCY,
    minorUnit: 0,
    lines: lines.map(([quantity, total], i) => ({
      ...{ id: `${i + 1}`, gtin: null, item: `item ${i + 1}`, unit: "C62", decimals: 0, quantity, total },
    })),
    salt: id(String(a.order)),
  };
}

function specialOf(a: Action, { addressOf }: ChainScene): SpecialClauses {
  const number = (value: unknown, otherwise = 0) => Number(value ?? otherwise);
  return {
    ...{ inspection: number(a.window), answer: number(a.answer), arbitration: number(a.arbitration) },
    ...{ arbiter: addressOf(String(a.arbiter ?? "")), defaultSplit: number(a.split, Number(MILLION)) },
    ...{ retention: number(a.retention), retentionUntil: number(a.retention_until) },
    ...{ penaltyRate: number(a.rate), capDays: number(a.cap_days) },
  };
}
