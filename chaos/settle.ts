import { expectedOf } from "./audit.ts";
import type { History } from "./audit/history.ts";
import { readDelivered } from "./audit/readChain.ts";
import { readStore } from "./audit/stores.ts";
import { pause } from "./faults/fault.ts";

/** Waits until everything valid is on the chain, as long as there is progress. @returns whether it came to that */
export async function untilSettled(p: {
  /** Of a node, with no proxy before it. */
  url: string;
  history: History;
  /** Longest time without any progress, in milliseconds. */
  patience: number;
  say: (text: string) => void;
}): Promise<boolean> {
  const { url, history } = p;
  let best = -1n;
  let last = Date.now();
  let told = Date.now();
  for (;;) {
    const delivered = await readDelivered({ url, history }).catch(() => null);
    if (delivered !== null) {
      let [reached, open] = [0n, 0];
      for (const order of history.orders) {
        for (const line of order.lines.keys()) {
          const has = delivered.get(order.id)?.[line] ?? 0n;
          reached += has;
          if (has < expectedOf({ history, order, line }).least) open++;
        }
      }
      if (open === 0) return true;
      if (reached > best) [best, last] = [reached, Date.now()];
      if (Date.now() - told > 5_000) {
        p.say(`${open} lines are not settled yet`);
        told = Date.now();
      }
    }
    if (Date.now() - last > p.patience) return false;
    await pause(700);
  }
}

/** Waits until every relayer holds what was acknowledged; what it does not hold then is found by the audit. */
export async function untilHeld(p: {
  history: History;
  stores: readonly { relayer: string; url: string }[];
  patience: number;
}): Promise<History["stores"]> {
  const wanted = p.history.events.filter(({ kind, acknowledged }) => kind === "valid" && acknowledged);
  for (const end = Date.now() + p.patience; ; await pause(700)) {
    const stores = await Promise.all(p.stores.map(readStore)).catch((error: unknown) => {
      if (Date.now() > end) throw error;
      return null;
    });
    const whole = stores?.every(({ events }) => {
      const held = new Set(events.map(({ device, eventId, content }) => [device, eventId, content].join()));
      return wanted.every(({ device, eventId, content }) => held.has([device, eventId, content].join()));
    });
    if (stores !== null && (whole === true || Date.now() > end)) return stores;
  }
}
