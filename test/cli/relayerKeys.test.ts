import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { runCli, temporaryFolder } from "./run.ts";

describe("factorychain relayer keys", () => {
  const place = temporaryFolder();
  after(() => place.remove());
  function write(name: string, text: string): string {
    const file = join(place.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }
  const password = (): string => write("password", "battery staple horse\n");
  const at = (name: string): string => join(place.folder, name);

  it("makes a key, and says whose it is", async () => {
    const made = await runCli("relayer", "keys", "new", at("new.json"), "--password-file", password(), "--json");
    expect(made.code, made.stderr).to.equal(0);
    const { address } = JSON.parse(made.stdout) as { address: string };
    expect(statSync(at("new.json")).mode & 0o777).to.equal(0o600);
    const claimed = await runCli("relayer", "keys", "address", at("new.json"));
    const proved = await runCli("relayer", "keys", "address", at("new.json"), "--password-file", password());
    expect([claimed.stdout, proved.stdout]).to.deep.equal([`${address}\n`, `${address}\n`]);
    const again = await runCli("relayer", "keys", "new", at("new.json"), "--password-file", password());
    expect([again.code, again.stderr.split("\n")[0]]).to.deep.equal([1, `There is a file ${at("new.json")} already.`]);
  });

  it("imports a key, and shows it nowhere", async () => {
    const wallet = Wallet.createRandom();
    const from = write("raw.key", wallet.privateKey);
    const args = ["relayer", "keys", "import", at("imported.json"), "--from", from, "--password-file", password()];
    const { code, stdout, stderr } = await runCli(...args);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include(wallet.address.toLowerCase()).and.include(`Now destroy ${from}`);
    for (const text of [stdout, stderr, readFileSync(at("imported.json"), "utf8")])
      expect(text).to.not.include(wallet.privateKey.slice(2));
  });

  it("makes none without a password of some length, from a file", async () => {
    const without = await runCli("relayer", "keys", "new", at("none.json"));
    expect([without.code, without.stderr]).to.deep.equal([
      1,
      "No file with a password is named.\n" +
        "Expected: --password-file FILE: a password on a command line is seen by everybody on the machine\n" +
        "What to do: Make one with: (umask 077; openssl rand -base64 24 > relayer.password)\n",
    ]);
    const short = await runCli("relayer", "keys", "new", at("none.json"), "--password-file", write("short", "hush"));
    expect([short.code, short.stderr.includes("hush")]).to.deep.equal([1, false]);
    expect(existsSync(at("none.json"))).to.equal(false);
  });
});
