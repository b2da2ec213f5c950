import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { freePorts } from "../../src/node/ports.ts";
import { startAnvil } from "../support/anvil.ts";
import { root, runCli, temporaryFolder } from "./run.ts";
import type { Ended } from "./run.ts";

/** A refusal as a user wants it: an exit code, a sentence, nothing of the program's inside. */
function expectRefusal(ended: Ended, text: RegExp): void {
  expect(ended.stderr).to.match(text);
  expect(ended.stderr).not.to.match(/\n\s+at /);
  expect(ended.code).to.equal(1);
  expect(ended.stdout).to.equal("");
}

describe("bad input on the command line", () => {
  const place = temporaryFolder();
  after(() => place.remove());

  function write(name: string, text: string): string {
    const file = join(place.folder, name);
    writeFileSync(file, text);
    return file;
  }

  const example = readFileSync(join(root, "examples/order.xml"), "utf8");
  const past = example.replace("2035-12-14", "2026-11-04");

  it("is malformed XML", async () => {
    expectRefusal(await runCli("demo", "--order", write("bad.xml", "<Order>")), /not well-formed|not closed/i);
  });

  it("is a missing file", async () => {
    expectRefusal(await runCli("demo", "--order", "nowhere.xml"), /nowhere\.xml.*there is no such file/);
  });

  it("is a foreign file", async () => {
    expectRefusal(await runCli("demo", "--order", write("invoice.xml", "<Invoice/>")), /not an order/);
  });

  it("is a delivery date that is past", async () => {
    expectRefusal(await runCli("demo", "--order", write("past.xml", past)), /2026-11-04[^]*--rebase-dates/);
  });

  it("is a stream of events without the devices' keys", async () => {
    expectRefusal(await runCli("demo", "--events", "examples/events.jsonl"), /--events was given without --devices/);
  });

  it("is a line of the stream that is no message", async () => {
    const events = write(
      "events.jsonl",
      `${readFileSync(join(root, "examples/events.jsonl"), "utf8").split("\n")[0]}\n{"topic":\n`,
    );
    expectRefusal(
      await runCli("demo", "--events", events, "--devices", "examples/devices.json"),
      /Line 2 of the recorded stream/,
    );
  });

  it("is a topic that no device has", async () => {
    const events = write("topic.jsonl", '{"topic":"elsewhere","payload":"e","encoding":"utf8"}');
    expectRefusal(await runCli("demo", "--events", events, "--devices", "examples/devices.json"), /Message 1 .* topic/);
  });

  it("is a file of devices with a private key in it", async () => {
    const devices = write("devices.json", '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA","kid":"x"}]}');
    expectRefusal(await runCli("demo", "--events", "examples/events.jsonl", "--devices", devices), /private key/);
  });

  it("is an option that does not exist", async () => {
    expectRefusal(await runCli("demo", "--evnts", "x"), /unknown option '--evnts'[^]*Did you mean --events/);
  });

  it("is a number of days that is none", async () => {
    expectRefusal(await runCli("demo", "--term-days", "soon"), /whole number of days/);
  });

  it("is a command without a stack", async () => {
    expectRefusal(await runCli("status", "--data", place.folder), /No stack runs[^]*npm start/);
  });

  it("is a port that somebody uses", async () => {
    const { rpc, mqtt } = await freePorts();
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(mqtt, "127.0.0.1", resolve));
    try {
      const ended = await runCli("node", "start", "--data", join(place.folder, "stack"), "--base-port", String(rpc));
      expect(ended.stderr).to.match(new RegExp(`Port ${mqtt}, for .*, is in use[^]*--base-port`));
      expect(ended.code).to.equal(1);
    } finally {
      server.close();
    }
  });

  it("is a node of another chain than the deployment's", async () => {
    const anvil = await startAnvil(["--chain-id", "5"]);
    try {
      const address = `0x${"11".repeat(20)}`;
      const contracts = { accessManager: address, organisationRegistry: address, deviceRegistry: address };
      const currencies = { KRW: { minorUnit: 0, token: address, escrow: address } };
      const text = JSON.stringify({
        chainId: 31_337,
        genesis: `0x${"22".repeat(32)}`,
        block: 1,
        ...contracts,
        currencies,
      });
      const deployment = write("deployment.json", text);
      const ended = await runCli("status", "--rpc", anvil.url, "--deployment", deployment, "--data", place.folder);
      expectRefusal(ended, /on chain 5, the deployment on 31337/);
    } finally {
      await anvil.stop();
    }
  });

  it("is a chain that nobody answers for: worth trying again, and the exit code says so", async () => {
    const ended = await runCli("demo", "--rpc", "http://127.0.0.1:9");
    expect(ended.stderr).to.match(/127\.0\.0\.1:9/);
    expect(ended.stderr).not.to.match(/\n\s+at /);
    expect(ended.code).to.equal(75);
  });
});
