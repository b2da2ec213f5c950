import { expect } from "chai";
import { readFileSync } from "node:fs";
import { AbiCoder, concat, id, keccak256, toBeHex } from "ethers";
import { deviceTree, isDeviceOf } from "../../src/chain/deviceKeys.ts";
import { deviceDigest, isGoodSignature, signAsDevice } from "../../src/chain/deviceSignatures.ts";
import { escrowDomain } from "../../src/chain/terms.ts";
import type { EventDeviceSignature } from "../../src/formats/deviceSignatures.ts";

const domain = escrowDomain({ chainId: 31337, escrow: toBeHex(5, 20) });
const delivery = { order: id("order"), line: 3, from: 40n, to: 100n };
const ORDERS = {
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

const point = (n: number) => ({ x: toBeHex(2 * n + 1, 32), y: toBeHex(2 * n + 2, 32) });
const leafOf = ({ x, y }: { x: string; y: string }) => keccak256(keccak256(concat([x, y])));
const pair = (one: string, two: string) => keccak256(concat(one < two ? [one, two] : [two, one]));

describe("the tree of device keys", () => {
  it("proves every key of it, and no other", () => {
    for (const count of [1, 2, 3, 4, 5, 8, 13]) {
      const keys = Array.from({ length: count }, (_, n) => point(n));
      const tree = deviceTree(keys);
      for (const key of keys) {
        expect(isDeviceOf({ root: tree.root, key, proof: tree.proofOf(key) })).to.equal(true);
        expect(isDeviceOf({ root: tree.root, key: point(99), proof: tree.proofOf(key) })).to.equal(false);
      }
      expect(() => tree.proofOf(point(99))).to.throw("not among those of the order");
    }
  });

  it("is the leaf of the only key, and one hash over two", () => {
    const [one, two] = [point(1), point(2)];
    expect(deviceTree([one]).root).to.equal(leafOf(one));
    expect(deviceTree([one]).proofOf(one)).to.deep.equal([]);
    expect(deviceTree([one, two]).root).to.equal(pair(leafOf(one), leafOf(two)));
    expect(deviceTree([two, one, two]).root).to.equal(deviceTree([one, two]).root);
    expect(() => deviceTree([])).to.throw("no key");
  });

  it("places five leaves as OpenZeppelin's StandardMerkleTree does: ascending from the end of a complete tree", () => {
    const [a, b, c, d, e] = Array.from({ length: 5 }, (_, n) => leafOf(point(n))).sort() as [
      string,
      string,
      string,
      string,
      string,
    ];
    // Places 8 to 4 hold a to e; place i is over 2i + 1 and 2i + 2.
    const root = pair(pair(pair(b, a), e), pair(d, c));
    expect(deviceTree(Array.from({ length: 5 }, (_, n) => point(n))).root).to.equal(root);
  });
});

for (const [curve, p256] of [
  ["secp256k1", false],
  ["P-256", true],
] as const) {
  describe(`a device's signature on ${curve}`, () => {
    const digest = deviceDigest({ domain, delivery });
    const privateKey = id("device");
    const signed = signAsDevice({ privateKey, p256, digest });
    const keys = { root: deviceTree([signed]).root, p256 };
    const isGood = (change: Partial<typeof signed>, demanded: Partial<typeof keys> = {}, about = digest) =>
      isGoodSignature({
        device: { ...signed, ...change, proof: [] },
        digest: about,
        keys: { ...keys, ...demanded },
      });

    it("is good under exactly what it says", () => {
      expect(isGood({})).to.equal(true);
      for (const change of [{ order: id("other") }, { line: 4 }, { from: 41n }, { to: 101n }]) {
        const other = deviceDigest({ domain, delivery: { ...delivery, ...change } });
        expect(isGood({}, {}, other), JSON.stringify(Object.keys(change))).to.equal(false);
      }
      for (const other of [escrowDomain({ chainId: 1, escrow: toBeHex(5, 20) }), { ...domain, version: "2" }]) {
        expect(isGood({}, {}, deviceDigest({ domain: other, delivery }))).to.equal(false);
      }
    });

    it("is not good by another key, on the other curve, or with a high s", () => {
      const other = signAsDevice({ privateKey: id("other"), p256, digest });
      expect(isGood(other)).to.equal(false);
      expect(isGood({ r: other.r, s: other.s })).to.equal(false);
      expect(isGood({}, { p256: !p256 })).to.equal(false);
      const parity = 1n << 255n;
      const s = p256 ? BigInt(signed.s) : BigInt(signed.s) & (parity - 1n);
      expect(isGood({ s: toBeHex(ORDERS[curve] - s, 32) })).to.equal(false);
    });

    it("is not good where it is nothing, or its key no point of the curve", () => {
      const zero = toBeHex(0, 32);
      for (const change of [{ r: zero }, { s: zero }, { r: zero, s: zero }, { r: toBeHex(2n ** 256n - 1n, 32) }]) {
        expect(isGood(change)).to.equal(false);
      }
      const odd = { ...signed, y: toBeHex(BigInt(signed.y) ^ 1n, 32) };
      expect(isGood(odd, { root: deviceTree([odd]).root })).to.equal(false);
    });
  });
}

describe("the vector in docs/formats/delivery-event.md", () => {
  const text = readFileSync(new URL("../../docs/formats/delivery-event.md", import.meta.url), "utf8");
  const vector = JSON.parse(/```json device-signature-vector\n(.*?)```/s.exec(text)?.[1] ?? "") as {
    [curve in "secp256k1" | "P-256"]: { root: string; signature: EventDeviceSignature };
  } & { chainId: number; escrow: string; order: string; privateKey: string; digest: string };

  it("is what a device signs, and good", () => {
    const { order, privateKey, digest } = vector;
    const said = { order, line: 0, from: 400n, to: 1_000n };
    expect(deviceDigest({ domain: escrowDomain(vector), delivery: said })).to.equal(digest);
    for (const curve of ["secp256k1", "P-256"] as const) {
      const { root, signature } = vector[curve];
      const keys = { root, p256: curve === "P-256" };
      expect(signature).to.include(signAsDevice({ privateKey, digest, p256: keys.p256 }));
      expect(isGoodSignature({ device: signature, digest, keys })).to.equal(true);
    }
  });
});

describe("what a device signs", () => {
  it("is the EIP-712 digest of DeviceDelivery in the escrow's domain, computed by hand", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const type = id("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    const [name, version] = [id("FactoryChain SupplierEscrow"), id("1")];
    const separator = keccak256(
      coder.encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [type, name, version, 31337, toBeHex(5, 20)],
      ),
    );
    const struct = keccak256(
      coder.encode(
        ["bytes32", "bytes32", "uint16", "uint48", "uint48"],
        [id("DeviceDelivery(bytes32 order,uint16 line,uint48 from,uint48 to)"), id("order"), 3, 40, 100],
      ),
    );
    expect(deviceDigest({ domain, delivery })).to.equal(keccak256(concat(["0x1901", separator, struct])));
  });
});
