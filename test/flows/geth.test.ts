import { expect } from "chai";
import { startCli, untilEnded } from "../cli/run.ts";
import { describeGeth } from "../support/geth.ts";
import { until } from "../support/until.ts";

/** Longest run of the demo on a node with a block a second, in milliseconds. */
const LIMIT = 180_000;

describeGeth("an order on go-ethereum", (node) => {
  it("is deployed, funded, delivered and paid once, while the node is killed and starts again", async () => {
    const demo = startCli(["demo", "--rpc", node().url]);
    await until(() => /delivered, .* paid/.test(demo.seen()) || demo.child.exitCode !== null, LIMIT);
    await node().kill();
    await node().start();
    const { code, stdout, stderr } = await untilEnded(demo, LIMIT);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("paid (682,303 KRW stay in escrow); the supplier has exactly that");
  });
});
