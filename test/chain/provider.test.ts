import { expect } from "chai";
import { Interface } from "ethers";
import { connectContracts } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import { RpcError } from "../../src/chain/errors.ts";
import { checkNetwork, createProvider } from "../../src/chain/provider.ts";
import { describeError, FactoryChainError } from "../../src/lib/errors.ts";
import type { Fault } from "../support/besuStandIn.ts";
import { newSigner, NODE_KINDS, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";

async function failureOf(promise: Promise<unknown>): Promise<FactoryChainError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof FactoryChainError)) throw new Error(`Not an error of ours: ${String(error)}`);
  return error;
}

for (const kind of NODE_KINDS) {
  describe(`provider on ${kind}`, () => {
    let node: TestNode;
    let deployment: Deployment;

    before(async () => {
      node = await startNode(kind);
      const { hash } = (await node.anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
      const escrow = await place(node, "emitter");
      const [accessManager, organisationRegistry, deviceRegistry] = [escrow, escrow, escrow];
      const currencies = { KRW: { minorUnit: 0, token: escrow, escrow } };
      const shared = { accessManager, organisationRegistry, deviceRegistry, currencies };
      deployment = { chainId: 31337, genesis: hash, block: 0, ...shared };
    });
    after(() => node.stop());

    it("accepts the deployment's chain", () => checkNetwork({ provider: node.provider, deployment }));

    it("refuses another chain id, another genesis and a chain without the contracts, with the figures", async () => {
      const check = (over: Partial<Deployment>) =>
        failureOf(checkNetwork({ provider: node.provider, deployment: { ...deployment, ...over } }));
      const chain = await check({ chainId: 1337 });
      expect(chain).to.include({ code: "wrong-chain", retryable: false });
      expect(chain.message).to.include("31337").and.to.include("1337");
      expect(await check({ genesis: `0x${"12".repeat(32)}` })).to.include({ code: "wrong-genesis" });
      const nowhere = newSigner().address.toLowerCase();
      expect(await check({ currencies: { KRW: { minorUnit: 0, token: nowhere, escrow: nowhere } } })).to.include({
        code: "deployment-missing",
      });
    });

    it("reads contracts through ethers, and turns their reverts into errors with advice", async () => {
      const reverter = await place(node, "reverter");
      const data = new Interface(["error CreditTooSmall(uint256 credit, uint256 amount)"]).encodeErrorResult(
        "CreditTooSmall",
        [5, 7],
      );
      const error = await failureOf(node.provider.send("eth_call", [{ to: reverter, data }, "latest"]));
      expect(error).to.include({
        code: "credit-too-small",
        advice: "Withdraw no more than the balance: factorychain balance show.",
      });
      const currencies = { KRW: { minorUnit: 0, token: reverter, escrow: reverter } };
      const runner = createProvider({ url: node.url });
      const { escrow } = connectContracts({ deployment: { ...deployment, currencies }, runner }).currency("KRW");
      expect(await failureOf(escrow.creditOf(reverter))).to.include({ code: "reverted-unknown" });
    });

    it("says that a block is still to come", async () => {
      const call = node.provider.send("eth_call", [{ to: deployment.accessManager, data: "0x" }, "0xffffff"]);
      expect(await failureOf(call)).to.include({ code: "rpc-block-unknown", retryable: true });
    });

    it("says that a call never ends", async () => {
      const endless = await place(node, "endless");
      const call = node.provider.send("eth_call", [{ to: endless, data: "0x", gas: "0x186a0" }, "latest"]);
      expect(await failureOf(call)).to.include({ code: "call-failed" });
    });

    it("names what a node does not know", async () => {
      const error = await failureOf(node.provider.send("eth_nothing", []));
      expect(error).to.be.instanceOf(RpcError).and.to.include({ code: "rpc-error" });
    });

    const faults: [string, Fault, string, boolean][] = [
      ["a hang", { kind: "hang" }, "rpc-timeout", true],
      ["a lost connection", { kind: "disconnect" }, "rpc-unreachable", true],
      ["too many requests", { kind: "status", status: 429 }, "rpc-busy", true],
      ["a gateway without a node", { kind: "status", status: 502 }, "rpc-unavailable", true],
      ["a closed door", { kind: "status", status: 401 }, "rpc-denied", false],
      ["a web page", { kind: "answer", text: "<html></html>" }, "rpc-answer", true],
      ["neither result nor error", { kind: "answer", text: '{"error":null}' }, "rpc-answer", true],
    ];
    for (const [what, fault, code, retryable] of kind === "anvil" ? [] : faults) {
      it(`turns ${what} into ${code}`, async () => {
        if (node.besu === null) throw new Error("Only the stand-in fails on demand.");
        node.besu.fault = () => fault;
        const timeout = fault.kind === "hang" ? 500 : 20_000;
        const error = await failureOf(createProvider({ url: node.url, timeout }).send("eth_chainId", []));
        node.besu.fault = () => null;
        expect(error).to.include({ code, retryable });
      });
    }
  });
}

describe("provider without a node", () => {
  it("says so, without the password of the URL", async () => {
    const error = await failureOf(createProvider({ url: "http://me:secret@127.0.0.1:1/" }).send("eth_chainId", []));
    expect(error).to.include({ code: "rpc-unreachable", retryable: true });
    expect(describeError(error)).to.include("127.0.0.1:1").and.not.to.include("secret");
  });

  it("sends the URL's user name and password as a header", async () => {
    let seen: RequestInit | undefined;
    const answer = async (url: string | URL | Request, init?: RequestInit) => {
      expect(String(url)).to.equal("https://node.example/rpc");
      seen = init;
      return new Response('{"result":"0x1"}');
    };
    const url = "https://m%C3%A9:p%40ss@node.example/rpc";
    expect(await createProvider({ url, fetch: answer }).send("eth_chainId", [])).to.equal("0x1");
    const { authorization } = seen?.headers as Record<string, string>;
    expect(authorization).to.equal(`Basic ${Buffer.from("mé:p@ss").toString("base64")}`);
  });

  for (const url of ["", "localhost:8545", "ws://127.0.0.1:8546", "not a url"]) {
    it(`refuses the URL "${url}"`, () => {
      expect(() => createProvider({ url }))
        .to.throw(FactoryChainError)
        .with.property("code", "rpc-url");
    });
  }
});
