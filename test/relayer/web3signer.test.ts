import { expect } from "chai";
import { concat, hexlify, id, recoverAddress, Signature, SigningKey, toBeHex, toUtf8Bytes, Wallet } from "ethers";
import { digestOf, preimageOf } from "../../src/relayer/batch.ts";
import type { Batch } from "../../src/relayer/batch.ts";
import { localSigner } from "../../src/relayer/signer.ts";
import { createWeb3Signer } from "../../src/relayer/web3signer.ts";
import { failureOf } from "../support/failureOf.ts";
import { startWeb3SignerStandIn } from "../support/web3SignerStandIn.ts";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The example of EIP-712: "cow" signs a mail. */
const MAIL = {
  key: id("cow"),
  preimage: concat([
    "0x1901",
    "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f",
    "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e",
  ]),
  digest: "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2",
  r: "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d",
  s: "0x07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562",
};

/** The example of EIP-155. */
const TRANSFER = {
  key: `0x${"46".repeat(32)}`,
  request: {
    type: 0 as const,
    chainId: 1,
    nonce: 9,
    gasPrice: 20_000_000_000n,
    gasLimit: 21_000n,
    to: "0x3535353535353535353535353535353535353535",
    value: 10n ** 18n,
    data: "0x",
  },
  raw:
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025" +
    "a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276" +
    "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
};

const BATCH: Batch = {
  escrow: toBeHex(5, 20),
  group: 1,
  members: [toBeHex(1, 20), toBeHex(2, 20)],
  proposer: toBeHex(1, 20),
  block: { number: 7, hash: toBeHex(9, 32), time: 1_800_000_000 },
  reports: [
    {
      order: toBeHex(3, 32),
      line: 0,
      from: 0n,
      to: 5n,
      late: 0n,
      latest: 1_800_000_000,
      root: toBeHex(4, 32),
      events: [],
    },
  ],
};

const publicKeyOf = (key: string): string => `0x${new SigningKey(key).publicKey.slice(4)}`;

describe("a relayer's key in a web3signer", () => {
  let server: Awaited<ReturnType<typeof startWeb3SignerStandIn>>;
  before(async () => {
    server = await startWeb3SignerStandIn({ privateKeys: [MAIL.key, TRANSFER.key] });
  });
  afterEach(() => (server.fault = () => null));
  after(() => server.stop());

  const signerOf = (key: string, url = server.url, timeout = 30_000) =>
    createWeb3Signer({ url, publicKey: publicKeyOf(key), timeout });

  it("signs typed data as EIP-712's example has it", async () => {
    const signature = Signature.from(await signerOf(MAIL.key).sign(MAIL.preimage));
    expect([signature.r, signature.s, signature.v]).to.deep.equal([MAIL.r, MAIL.s, 28]);
    expect(server.seen.at(-1)?.data).to.equal(MAIL.preimage);
    expect(await localSigner(new Wallet(MAIL.key)).sign(MAIL.preimage)).to.equal(signature.compactSerialized);
  });

  it("signs a transaction as EIP-155's example has it", async () => {
    expect(await signerOf(TRANSFER.key).signTransaction(TRANSFER.request)).to.equal(TRANSFER.raw);
    expect(await localSigner(new Wallet(TRANSFER.key)).signTransaction(TRANSFER.request)).to.equal(TRANSFER.raw);
  });

  it("signs the digest of a batch, from what the digest is made of", async () => {
    const signature = await signerOf(MAIL.key).sign(preimageOf({ chainId: 31_337, batch: BATCH }));
    expect(recoverAddress(digestOf({ chainId: 31_337, batch: BATCH }), signature)).to.equal(
      new Wallet(MAIL.key).address,
    );
  });

  it("takes the key with and without its prefixes, a path in the URL, and a password as a header", async () => {
    const bare = publicKeyOf(MAIL.key).slice(2);
    for (const publicKey of [bare, `04${bare}`, `0x04${bare.toUpperCase()}`]) {
      const signer = createWeb3Signer({
        url: server.url.replace("//", "//relayer:hu%20sh@"),
        publicKey,
        timeout: 30_000,
      });
      expect(signer.address).to.equal(new Wallet(MAIL.key).address.toLowerCase());
      await signer.sign(MAIL.preimage);
      expect(server.seen.at(-1)?.authorization).to.equal(`Basic ${btoa("relayer:hu sh")}`);
    }
    expect((await failureOf(signerOf(MAIL.key, `${server.url}/proxy`).sign("0x00")))?.code).to.equal(
      "signer-key-unknown",
    );
  });

  it("makes a low s of a high one, and finds the recovery id itself", async () => {
    const high = `0x${(N - BigInt(MAIL.s)).toString(16)}`;
    for (const v of ["", "00", "01", "1b", "1c", "25", "0f3c"]) {
      for (const s of [high, MAIL.s]) {
        server.fault = () => ({ status: 200, text: concat([MAIL.r, s]) + v });
        const signature = Signature.from(await signerOf(MAIL.key).sign(MAIL.preimage));
        expect([signature.s, signature.v]).to.deep.equal([MAIL.s, 28]);
      }
    }
  });

  it("uses nothing that is not the account's signature over what was asked for", async () => {
    const other = new SigningKey(TRANSFER.key).sign(MAIL.digest).serialized;
    const wrong = [
      other,
      "0x",
      "OK",
      "<html>",
      toBeHex(0, 65),
      `0x${"ff".repeat(65)}`,
      `${MAIL.r}${MAIL.s}`,
      "1".repeat(4_000),
    ];
    for (const text of wrong) {
      server.fault = () => ({ status: 200, text });
      expect((await failureOf(signerOf(MAIL.key).sign(MAIL.preimage)))?.code, text).to.equal("signer-mismatch");
    }
    server.fault = () => ({ status: 200, text: concat([MAIL.r, MAIL.s, "0x1c"]) });
    expect((await failureOf(signerOf(MAIL.key).sign(`${MAIL.preimage}00`)))?.code).to.equal("signer-mismatch");
  });

  it("is waited for while it is away, and says what to do when it will not sign", async () => {
    const cases: [Parameters<typeof Object.is>[0], string, boolean][] = [
      ["silent", "signer-unreachable", true],
      ["hang-up", "signer-unreachable", true],
      [{ status: 500, text: "" }, "signer-unavailable", true],
      [{ status: 429, text: "" }, "signer-unavailable", true],
      [{ status: 403, text: "" }, "signer-refused", false],
    ];
    for (const [fault, code, retryable] of cases) {
      server.fault = () => fault as null;
      const timeout = fault === "silent" ? 100 : 30_000;
      const error = await failureOf(signerOf(MAIL.key, server.url, timeout).sign(MAIL.preimage));
      expect([error?.code, error?.retryable]).to.deep.equal([code, retryable]);
      expect(error?.advice).to.be.a("string");
    }
    server.fault = () => null;
    const unknown = await failureOf(signerOf(id("stranger")).sign(MAIL.preimage));
    expect([unknown?.code, unknown?.retryable]).to.deep.equal(["signer-key-unknown", false]);
    const hidden = signerOf(MAIL.key, "http://me:hush@127.0.0.1:1");
    expect((await failureOf(hidden.sign("0x00")))?.message)
      .to.include("127.0.0.1:1")
      .and.not.include("hush");
  });

  it("says whether it can sign, by a text that is neither a transaction nor EIP-712 data", async () => {
    await signerOf(MAIL.key).check?.();
    expect(server.seen.at(-1)?.data).to.equal(hexlify(toUtf8Bytes("Does the key of this relayer sign?")));
    expect((await failureOf(signerOf(id("stranger")).check!()))?.code).to.equal("signer-key-unknown");
    const forged = new SigningKey(id("stranger")).sign(id("anything")).serialized;
    server.fault = () => ({ status: 200, text: forged });
    expect((await failureOf(signerOf(MAIL.key).check!()))?.code).to.equal("signer-mismatch");
    server.fault = () => "hang-up";
    expect((await failureOf(signerOf(MAIL.key).check!()))?.code).to.equal("signer-unreachable");
    server.fault = () => null;
  });

  it("is refused with a public key that is none", () => {
    expect(() => createWeb3Signer({ url: server.url, publicKey: "11".repeat(64), timeout: 1 })).to.throw("no point");
  });
});
