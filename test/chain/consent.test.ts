import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Wallet, id, verifyTypedData } from "ethers";
import { CONSENT_STRUCTS, consentDigest, consentTypes, signConsent } from "../../src/chain/consent.ts";
import { escrowDomain } from "../../src/chain/terms.ts";

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
});
