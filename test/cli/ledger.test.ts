import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { id } from "ethers";
import { story } from "../support/story.ts";
import { runCli, startNode, STORY_TIMEOUT, temporaryFolder, untilEnded } from "./run.ts";
import type { Cli } from "./run.ts";

const NUMBER = "BO-2026-0117";
const BUYER = "8801234500012";
const TOTAL = 12_273_525n;
const PAID = 3_144_048n;

interface Books {
  currency: string;
  tokens: string;
  orders: { number: string | null; funded: string; paid: string; held: string }[];
  accounts: { kind: string; organisation: number | null; amount: string }[];
  entries: { entry: number; time: number; event: string; postings: { account: string; amount: string }[] }[];
  differences: unknown[];
}

describe("factorychain ledger", function () {
  this.timeout(STORY_TIMEOUT);
  const place = temporaryFolder();
  const step = story();
  let node: Cli | null = null;

  after(async () => {
    node?.child.kill("SIGTERM");
    if (node !== null) await untilEnded(node, 60_000);
    place.remove();
  });

  const run = (...args: string[]) => runCli(...args, "--data", place.folder);

  async function books(...args: string[]): Promise<Books> {
    const { code, stdout, stderr } = await run("ledger", "--json", ...args);
    expect(code, stderr).to.equal(0);
    const { currencies } = JSON.parse(stdout) as { currencies: Books[] };
    expect(currencies).to.have.length(1);
    return currencies[0]!;
  }

  step("shows an order's money from wallet to wallet, and agrees with the chain", async () => {
    ({ cli: node } = await startNode({ data: place.folder }));
    for (const args of [
      ["order", "create", "examples/order.xml", "--register"],
      ["device", "enrol", "--owner", BUYER, "--simulated"],
      ["deliver", NUMBER, "--line", "10", "--quantity", "400"],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code, stderr).to.equal(0);
    }
    const { tokens, orders, accounts, entries, differences } = await books();
    expect(differences).to.deep.equal([]);
    expect(tokens).to.equal(String(TOTAL - PAID));
    expect(orders[0]).to.include({
      number: NUMBER,
      funded: String(TOTAL),
      paid: String(PAID),
      held: String(TOTAL - PAID),
    });
    expect(entries.map(({ event }) => event)).to.deep.equal(["OrderCreated", "DeliveryConfirmed"]);
    const wallets = accounts.filter(({ kind }) => kind === "wallet").map(({ amount }) => amount);
    expect(wallets).to.have.members([String(-TOTAL), String(PAID)]);
  });

  step("prints it for a person, of one order or one organisation", async () => {
    const { code, stdout } = await run("ledger", "--order", NUMBER, "--currency", "KRW");
    expect(code).to.equal(0);
    expect(stdout).to.match(/OrderCreated +BO-2026-0117 +wallet 0x\S+ \(organisation \d+\) +-12,273,525 KRW/);
    expect(stdout).to.match(/Events and chain agree to the last minor unit/);
    const { accounts, entries } = await books("--organisation", BUYER);
    expect(accounts.map(({ kind, amount }) => [kind, amount])).to.deep.equal([["wallet", String(-TOTAL)]]);
    expect(entries).to.have.length(2);
  });

  step("writes CSV, in which every entry sums to zero", async () => {
    const file = join(place.folder, "books.csv");
    const written = await run("ledger", "--csv", file);
    expect(written.code, written.stderr).to.equal(0);
    const { stdout } = await run("ledger", "--csv", "-");
    expect(stdout).to.equal(readFileSync(file, "utf8"));
    const [head, ...rows] = stdout.trimEnd().split("\r\n");
    expect(head).to.equal(
      "currency,entry,block,time,transaction,log,event,order,account,holder,organisation,amount", // as documented
    );
    expect(rows).to.have.length(4);
    for (const entry of ["1", "2"]) {
      const amounts = rows
        .map((row) => row.split(","))
        .filter((row) => row[1] === entry)
        .map((row) => BigInt(row[11]!));
      expect(amounts.reduce((sum, amount) => sum + amount, 0n)).to.equal(0n);
    }
  });

  step("fails with the accounts and both figures when a node leaves an event out", async () => {
    const { stdout } = await run("node", "status", "--json");
    const forgetful = await withoutEvent(
      (JSON.parse(stdout) as { rpc: string }).rpc,
      "DeliveryConfirmed(bytes32,uint256,bytes32)",
    );
    const { code, stderr } = await run("ledger", "--rpc", forgetful.url);
    forgetful.stop();
    expect(code).to.equal(1);
    expect(stderr).to.match(/KRW order:0x[0-9a-f]{64}, paid: 0 by the events, 3144048 on the chain/);
    expect(stderr).to.match(/What to do: Ask another node/);
  });

  step("refuses what it does not know", async () => {
    for (const [args, message] of [
      [["--order", "nothing"], /No order "nothing" is known/],
      [["--currency", "XAU"], /There is no escrow in XAU/],
      [["--organisation", "nobody"], /No organisation "nobody"/],
      [["--csv", "-", "--json"], /cannot be used with option/],
      [["--csv", join(place.folder, "no/such/folder.csv")], /cannot be written/],
    ] as const) {
      const { code, stderr } = await run("ledger", ...args);
      expect(code, args.join(" ")).to.equal(1);
      expect(stderr).to.match(message);
    }
  });
});

/** A node that answers as another one does, without the logs of an event. */
async function withoutEvent(rpc: string, event: string): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const headers = { "content-type": "application/json" };
      const answer = (await (await fetch(rpc, { method: "POST", headers, body })).json()) as { result: unknown };
      const { method } = JSON.parse(body) as { method: string };
      if (method === "eth_getLogs") {
        answer.result = (answer.result as { topics: string[] }[]).filter(({ topics }) => topics[0] !== id(event));
      }
      response.writeHead(200, headers).end(JSON.stringify(answer));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
