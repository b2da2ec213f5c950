import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Wallet, id, verifyTypedData } from "ethers";
import { encodeCall } from "../../src/chain/encode.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import { CONSENT_STRUCTS, consentDigest, consentTypes, signConsent } from "../../src/chain/consent.ts";
import { escrowDomain } from "../../src/chain/terms.ts";
import { failureOf } from "../support/failureOf.ts";

const SOURCE = readFileSync(new URL("../../contracts/settlement/Consent.sol", import.meta.url), "utf8");

describe("consent", () => {
  it("knows every struct of Consent.sol as it is written there", () => {
    const written = [...SOURCE.matchAll(/"(\w+)\(([^"]+)\)"/g)].map(([, name, fields]) => [name, fields]);
    expect(written).to.have.length(11);
    expect(Object.fromEntries(written)).to.deep.equal(CONSENT_STRUCTS);
  });

  it("signs so that only this account, domain and value fit", async () => {
    const signer = new Wallet(id("supplier"));
    const domain = escrowDomain({ chainId: 1, escrow: `0x${"11".repeat(20)}` });
    const value = { order: id("order"), seq: 3, payout: 7n, deadline: 9 };
    const { account, signature } = await signConsent({ signer, domain, struct: "Cancellation", value });
    expect(account).to.equal(signer.address.toLowerCase());
    expect(verifyTypedData(domain, consentTypes("Cancellation"), value, signature)).to.equal(signer.address);
    const digests = [{}, { seq: 4 }, { payout: 8n }, { deadline: 10 }, { order: id("x") }].map((change) =>
      consentDigest({ domain, struct: "Cancellation", value: { ...value, ...change } }),
    );
    digests.push(consentDigest({ domain: { ...domain, chainId: 2 }, struct: "Cancellation", value }));
    expect(new Set(digests).size).to.equal(6);
  });

  it("says which value does not fit, before anybody signs", async () => {
    const signer = { address: `0x${"22".repeat(20)}`, signTypedData: () => Promise.reject(new Error("asked to sign")) };
    const domain = escrowDomain({ chainId: 1, escrow: `0x${"11".repeat(20)}` });
    const value = { order: id("order"), seq: 3, payout: 7n, deadline: 9 };
    const wrong: Record<string, bigint | number | string>[] = [
      { payout: 1n << 56n },
      { payout: -1n },
      { deadline: 2 ** 40 },
      { seq: 1.5 },
      { order: "0x12" },
    ];
    for (const change of wrong) {
      const asked = signConsent({ signer, domain, struct: "Cancellation", value: { ...value, ...change } });
      const error = await failureOf(asked);
      expect(error).to.include({ code: "value-invalid" });
      expect(error?.message).to.include(`Cancellation cannot take ${Object.values(change).join()} as a value:`);
    }
  });

  it("says which argument of a call does not fit", () => {
    const call = (args: unknown[]) => () => encodeCall({ abi: interfaces.quorum, name: "registerGroup", args });
    const member = `0x${"11".repeat(20)}`;
    expect(call([[member], 1])).not.to.throw();
    expect(call([[member], 256])).to.throw("registerGroup cannot take 256 as threshold: value out-of-bounds.");
    expect(call([["0x11"], 1])).to.throw(/^registerGroup cannot take 0x11 as .*: invalid address\.$/);
  });
});
