import { FactoryChainError } from "../../../lib/errors.ts";
import type { Output } from "../../output.ts";
import { play } from "../stage.ts";
import { CURRENCY } from "./agreement.ts";
import { toDocument, toText } from "./report.ts";
import { tellCascade } from "./story.ts";

const INTRODUCTION = `One order, three tiers and a bank
  a delivery on time, one that is late and partly rejected, a dispute that nobody answers
  on an embedded chain whose clock runs ahead by 180 days; SIMULATED device, real relayers
`;

/**
 * The second scenario. It brings its own order, and its own chain, whose time it moves.
 *
 * @throws FactoryChainError `scenario-options`
 */
export async function playCascade(p: {
  options: { rpc?: string; order?: string; events?: string; devices?: string };
  output: Output;
}): Promise<void> {
  const { rpc, order, events, devices } = p.options;
  if (rpc !== undefined) {
    throw new FactoryChainError("scenario-options", "The scenario cascade does not run on a chain given by --rpc.", {
      expected: "an embedded chain: half a year passes in it, and only its own clock can be moved",
      advice: "Leave --rpc away; the scenario order-to-cash runs on any chain.",
    });
  }
  const own = Object.entries({ order, events, devices }).find(([, value]) => value !== undefined);
  if (own !== undefined) {
    throw new FactoryChainError("scenario-options", `The scenario cascade takes no --${own[0]}.`, {
      expected: "no documents: it brings its own order",
      advice: `Leave --${own[0]} away, or use the scenario order-to-cash.`,
    });
  }
  p.output.say(INTRODUCTION);
  const args = ["--currency", CURRENCY, "--keep-nothing"];
  const result = await play({ args, output: p.output, story: tellCascade });
  p.output.result(toDocument(result), `\n${toText(result)}`);
}
