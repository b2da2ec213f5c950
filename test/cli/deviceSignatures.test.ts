import { expect } from "chai";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandStory } from "./commandStory.ts";
import { runCli, STORY_TIMEOUT } from "./run.ts";

const NUMBER = "BO-2026-0117";

interface Delivered {
  verdicts: { status: string; reason: string | null }[];
}

describe("device signatures on the command line", function () {
  this.timeout(STORY_TIMEOUT);
  const { place, step, run, ask } = commandStory();
  const file = (name: string) => join(place.folder, name);
  const makeKey = (name: string, ...more: string[]) =>
    runCli("device", "key", "--out", file(`${name}.jwk`), "--jwks", file("keys.json"), "--json", ...more);

  step("keys are made, their private parts for their owner alone, and none is written over", async () => {
    for (const name of ["gate-1", "gate-2"]) expect((await makeKey(name)).code).to.equal(0);
    const { keys } = JSON.parse(readFileSync(file("keys.json"), "utf8")) as { keys: object[] };
    expect(keys).to.have.length(2);
    for (const key of keys) expect(key).to.include({ crv: "secp256k1" }).and.not.to.have.property("d");
    expect(statSync(file("gate-1.jwk")).mode & 0o077).to.equal(0);
    const again = await makeKey("gate-1");
    expect([again.code, again.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && /already/.test(text),
    );
    const mixed = await makeKey("gate-3", "--curve", "P-256");
    expect(mixed.code).to.equal(1);
    expect(mixed.stderr).to.include("two curves");
  });

  step("an order that demands one of them is delivered with it, line by line, and not without", async () => {
    await ask("order", "create", "examples/order.xml", "--register", "--device-keys", file("keys.json"));
    await ask("device", "enrol", "--owner", "8801234500012", "--simulated");
    const part = ["deliver", NUMBER, "--line", "10", "--quantity", "400"];
    const refused = await run(...part);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include("--device-key FILE.jwk");
    const { verdicts } = await ask<Delivered>(...part, "--device-key", file("gate-2.jwk"));
    expect(verdicts.map(({ status }) => status)).to.deep.equal(["counted"]);
    expect(await ask("order", "show", NUMBER)).to.include({ paid: "3144048" });
  });

  step("what a device has to sign is shown, from where the chain stands", async () => {
    const sign = ["device", "sign", NUMBER, "--line", "10", "--quantity", "600", "--device-key", file("gate-1.jwk")];
    const { digest, signature } = await ask<{ digest: string; signature: Record<string, unknown> }>(...sign);
    expect(digest).to.match(/^0x[0-9a-f]{64}$/);
    expect(signature).to.include({ line: 0, from: "400", to: "1000" });
    const ahead = await ask<{ signature: object }>(...sign, "--from", "0");
    expect(ahead.signature).to.include({ from: "0", to: "600" });
    const unknown = await run(...sign.with(4, "99"));
    expect(unknown.stderr).to.include('no line "99"');
  });

  step("the rest comes with signatures for every line", async () => {
    const { verdicts } = await ask<Delivered>("deliver", NUMBER, "--device-key", file("gate-1.jwk"));
    expect(new Set(verdicts.map(({ status }) => status))).to.deep.equal(new Set(["counted"]));
    expect(await ask("order", "show", NUMBER)).to.include({ paid: "12273525" });
  });
});
