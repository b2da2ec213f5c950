import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { hexlify, Transaction, Wallet } from "ethers";
import { signedBytes, signerOf, unsignedBytes } from "../../src/chain/legacyTransaction.ts";
import type { LegacyTransaction } from "../../src/chain/legacyTransaction.ts";

const wallet = Wallet.createRandom();
const signer = wallet.address.toLowerCase();

const transactionOf = (more: Partial<LegacyTransaction> = {}): LegacyTransaction => ({
  ...{ type: 0, chainId: 31_337, nonce: 7, gasPrice: 0n, gasLimit: 1_000_000n, value: 0n, data: "0x12345678" },
  to: hexlify(randomBytes(20)),
  ...more,
});

/** As ethers signs it. */
function signed(transaction: LegacyTransaction) {
  const whole = Transaction.from(transaction);
  const signature = wallet.signingKey.sign(whole.unsignedHash);
  whole.signature = signature;
  return { unsigned: whole.unsignedSerialized, raw: whole.serialized, signature };
}

describe("a legacy transaction", () => {
  const cases: Partial<LegacyTransaction>[] = [
    ...[0, 1, 127, 128, 255, 256, 2 ** 32].map((nonce) => ({ nonce })),
    ...[1, 2 ** 31, 2 ** 50].map((chainId) => ({ chainId })),
    ...[1n, 127n, 128n, 2n ** 255n].map((value) => ({ value, gasPrice: value, gasLimit: value })),
    ...["0x", "0x00", "0x7f", "0x80"].map((data) => ({ data })),
    ...[54, 55, 56, 57, 255, 256, 65_535, 65_536, 131_072].map((length) => ({ data: hexlify(randomBytes(length)) })),
    { to: `0x${"00".repeat(20)}` },
  ];

  it("is written, signed and recognised as by ethers", () => {
    for (const one of cases) {
      const transaction = transactionOf(one);
      const { unsigned, raw, signature } = signed(transaction);
      expect(unsignedBytes(transaction)).to.equal(unsigned);
      expect(signedBytes(transaction, signature)).to.equal(raw);
      expect(signerOf(raw, transaction)).to.equal(signer);
    }
  });

  it("is that of its signer also where a number of its signature is short", () => {
    let short = 0;
    for (let nonce = 0; short < 2; nonce++) {
      const transaction = transactionOf({ nonce });
      const { raw, signature } = signed(transaction);
      if (!/^0x00/.test(signature.r) && !/^0x00/.test(signature.s)) continue;
      short++;
      expect(signedBytes(transaction, signature)).to.equal(raw);
      expect(signerOf(raw, transaction)).to.equal(signer);
    }
  });

  it("is nobody's where anything in it was changed", () => {
    const transaction = transactionOf();
    const { raw } = signed(transaction);
    const changes: Partial<LegacyTransaction>[] = [
      ...[{ nonce: 8 }, { chainId: 1 }, { gasPrice: 1n }, { gasLimit: 1_000_001n }, { value: 1n }],
      ...[{ data: "0x12345679" }, { data: "0x1234567800" }, { to: hexlify(randomBytes(20)) }],
    ];
    for (const change of changes) expect(signerOf(raw, { ...transaction, ...change })).to.equal(null);
  });

  it("is nobody's, or another's, where any byte of it was changed", () => {
    const transaction = transactionOf();
    const bytes = Buffer.from(signed(transaction).raw.slice(2), "hex");
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80]) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        expect(signerOf(hexlify(changed), transaction)).to.not.equal(signer);
      }
    }
  });

  it("is nobody's with a high s, an unsigned one, one of another kind, cut off, continued, or no bytes at all", async () => {
    const transaction = transactionOf();
    const { raw, unsigned, signature } = signed(transaction);
    const high = BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") - BigInt(signature.s);
    const twin = { r: signature.r, s: `0x${high.toString(16)}`, yParity: signature.yParity === 0 ? 1 : 0 } as const;
    const newer = await wallet.signTransaction({ ...transaction, type: 1 });
    const bad = [signedBytes(transaction, twin), unsigned, newer, raw.slice(0, -2), `${raw}00`, "0x", "0xc0", "0xff"];
    for (const bytes of bad) expect(signerOf(bytes, transaction), bytes.slice(0, 40)).to.equal(null);
  });
});
