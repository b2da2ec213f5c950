import type { Heard } from "../testbed/networkTap.ts";
import { digestOfBatch, domainOf } from "./audit/certificate.ts";
import type { HeardShare } from "./audit/history.ts";

/** The signatures in what relayers told each other; a signature on a batch that nobody showed names none. */
export function sharesIn(p: { chainId: number; escrow: string; heard: readonly Heard[] }): HeardShare[] {
  const domain = domainOf(p);
  const ids = new Map<string, string>();
  const found: { digest: string; signature: unknown }[] = [];
  for (const { path, body, answer } of p.heard) {
    const said = parse(body);
    if (path.endsWith("/shares")) {
      found.push({ digest: String(said["digest"]), signature: said["signature"] });
      continue;
    }
    const batch = said["batch"] as Parameters<typeof digestOfBatch>[0]["batch"] | undefined;
    if (batch === undefined) continue;
    try {
      const digest = digestOfBatch({ domain, batch });
      ids.set(digest, [batch.escrow, batch.group, batch.proposer, batch.block.number].join("/"));
      found.push({ digest, signature: said["signature"] }, { digest, signature: parse(answer)["signature"] });
    } catch {
      // Nonsense of the member that attacks.
    }
  }
  return found.flatMap(({ digest, signature }) => {
    const id = ids.get(digest);
    return id === undefined || typeof signature !== "string" ? [] : [{ digest, id, signature }];
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
