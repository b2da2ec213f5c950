import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { getBytes, hexlify, keccak256 } from "ethers";
import { useFastKeccak } from "../../src/relayer/fastKeccak.ts";

/** As ethers hashes by itself. */
const plain = keccak256._;

describe("the relayer's keccak", () => {
  before(useFastKeccak);
  after(() => keccak256.register(plain));

  it("hashes bytes of any length as ethers does", () => {
    for (const length of [...Array.from({ length: 300 }, (_, i) => i), 131_072]) {
      const bytes = randomBytes(length);
      expect(keccak256(bytes), `${length} bytes`).to.equal(hexlify(plain(bytes)));
    }
  });

  it("takes the place of the one before, and changes no hash that was given out", async () => {
    let asked = 0;
    keccak256.register((data) => (asked++, plain(data)));
    await useFastKeccak();
    const first = keccak256("0x01");
    expect([first, keccak256("0x02"), keccak256("0x01"), asked]).to.deep.equal([
      ...["0x01", "0x02", "0x01"].map((data) => hexlify(plain(getBytes(data)))),
      0,
    ]);
  });
});
