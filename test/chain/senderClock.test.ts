import { expect } from "chai";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import { systemClock } from "../../src/lib/retry.ts";
import { createModelChain } from "../support/chainModel.ts";
import { newSigner } from "../support/nodes.ts";
import { until } from "../support/until.ts";

describe("sender whose clock is set", () => {
  for (const hours of [-1, 1]) {
    it(`sends again what the node lost, ${hours < 0 ? "also when that was set back" : "as ever"}`, async () => {
      let offset = 0;
      let arrivals = 0;
      const chain = createModelChain({ onArrival: () => void arrivals++ });
      const signer = newSigner();
      const sender = createSender({
        ...{ provider: chain, signer, chainId: 31_337, store: createMemoryTransactions() },
        ...{ pause: 5, resend: 600_000, clock: { ...systemClock, now: () => Date.now() + offset } },
      });
      const sending = sender.send({ id: "a", to: signer.address, data: "0x", gas: 30_000n });
      await until(() => arrivals === 1);
      chain.losePending();
      offset = hours * 3_600_000;
      await until(() => arrivals === 2);
      chain.mine();
      expect((await sending).status).to.equal("succeeded");
      await sender.stop();
    });
  }
});
