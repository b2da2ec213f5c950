import { createDecipheriv, scryptSync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { concat, keccak256, Wallet } from "ethers";
import { claimedAddress, openKey, writeKeystore } from "../../src/config/keystore.ts";
import { describeError } from "../../src/lib/errors.ts";
import { temporaryFolder } from "../cli/run.ts";
import { failureOf } from "../support/failureOf.ts";

/** The test vector for PBKDF2 of the Web3 Secret Storage definition. Its one for scrypt breaks RFC 7914's limit for N. */
const VECTOR = {
  text: JSON.stringify({
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
      ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
      kdf: "pbkdf2",
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: "hmac-sha256",
        salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
      },
      mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    version: 3,
  }),
  password: "testpassword",
  key: "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d",
};
interface Made {
  kdf: string;
  cipher: string;
  kdfparams: { n: number; r: number; p: number; salt: string; dklen: number };
  cipherparams: { iv: string };
  ciphertext: string;
  mac: string;
}
const LIGHT = { N: 2, r: 8, p: 1 };

describe("a keystore", () => {
  const place = temporaryFolder();
  after(() => place.remove());
  const at = (name: string): string => join(place.folder, name);
  function write(name: string, text: string): string {
    writeFileSync(at(name), text, { mode: 0o600 });
    return at(name);
  }

  it("opens as the definition's example does", async () => {
    const file = write("vector.json", VECTOR.text);
    const passwordFile = write("vector.password", `${VECTOR.password}\n`);
    expect((await openKey({ file, passwordFile })).privateKey).to.equal(VECTOR.key);
    expect(claimedAddress(file)).to.equal(null);
  });

  it("is what the definition says, with scrypt as hard as geth makes it", async () => {
    const [wallet, file] = [Wallet.createRandom(), at("standard.json")];
    await writeKeystore({ file, wallet, password: "correct horse" });
    const { version, Crypto: made } = JSON.parse(readFileSync(file, "utf8")) as { version: number; Crypto: Made };
    const { n, r, p, salt, dklen } = made.kdfparams;
    expect([version, made.kdf, made.cipher, n, r, p]).to.deep.equal([3, "scrypt", "aes-128-ctr", 2 ** 18, 8, 1]);
    const work = { N: n, r, p, maxmem: 2 ** 29 };
    const derived = scryptSync("correct horse", Buffer.from(salt, "hex"), dklen, work);
    const ciphertext = Buffer.from(made.ciphertext, "hex");
    expect(keccak256(concat([derived.subarray(16), ciphertext]))).to.equal(`0x${made.mac}`);
    const cipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), Buffer.from(made.cipherparams.iv, "hex"));
    expect(`0x${cipher.update(ciphertext).toString("hex")}`).to.equal(wallet.privateKey);
  });

  it("is written for its owner only, opens with its password, and never over another file", async () => {
    const [wallet, file] = [Wallet.createRandom(), at("new.json")];
    const password = "correct horse";
    await writeKeystore({ file, wallet, password, scrypt: LIGHT });
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, "utf8")).to.not.include(wallet.privateKey.slice(2));
    expect(claimedAddress(file)).to.equal(wallet.address.toLowerCase());
    const opened = await openKey({ file, passwordFile: write("right", password) });
    expect(opened.privateKey).to.equal(wallet.privateKey);
    const again = writeKeystore({ file, wallet: Wallet.createRandom(), password, scrypt: LIGHT });
    expect((await failureOf(again))?.code).to.equal("keystore-exists");
    expect(claimedAddress(file)).to.equal(wallet.address.toLowerCase());
    const short = writeKeystore({ file: at("short.json"), wallet, password: "short", scrypt: LIGHT });
    expect((await failureOf(short))?.code).to.equal("key-password-short");
  });

  it("says what is wrong, and neither key nor password", async () => {
    const [wallet, file] = [Wallet.createRandom(), at("closed.json")];
    await writeKeystore({ file, wallet, password: "correct horse", scrypt: LIGHT });
    const right = write("right.password", "correct horse");
    const cases: [string, string | null, string][] = [
      [file, write("wrong.password", "battery staple"), "key-password"],
      [file, null, "key-password-file"],
      [file, at("gone.password"), "key-password-file"],
      [file, write("empty.password", "\n"), "key-password-file"],
      [write("broken.json", '{"version": 3}'), right, "key-file"],
      [write("half.json", readFileSync(file, "utf8").slice(0, 200)), right, "key-file"],
      [at("gone.json"), right, "key-file"],
      [write("raw.key", wallet.privateKey.slice(0, 40)), null, "key-file"],
    ];
    for (const [keyFile, passwordFile, code] of cases) {
      const error = await failureOf(openKey({ file: keyFile, passwordFile }));
      expect(error?.code, `${keyFile} with ${String(passwordFile)}`).to.equal(code);
      expect(describeError(error)).to.not.match(/battery|horse|\n +at /);
      expect(describeError(error)).to.not.include(wallet.privateKey.slice(2, 20));
    }
  });

  it("is not needed: a file with the key in hex opens as before", async () => {
    const file = write("hex.key", `${VECTOR.key}\n`);
    expect((await openKey({ file, passwordFile: null })).privateKey).to.equal(VECTOR.key);
  });
});
