import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openJournal } from "../../scripts/deploy/journal.ts";
import type { Rpc } from "../../scripts/deploy/rpc.ts";
import { temporaryFolder } from "./support.ts";

const chain = { id: 1337, genesis: `0x${"0e".repeat(32)}`, p256: true };
const prepare = { futureId: "A#B", networkInteractionId: 1, nonce: 3, type: "TRANSACTION_PREPARE_SEND" };
const first = { chainId: 1337, type: "DEPLOYMENT_INITIALIZE" };
const kept = { nonce: 3, hash: `0x${"33".repeat(32)}`, raw: "0xf86b" };

/** What a crash leaves between announcing a transaction and noting its hash. */
describe("the journal of a deployment", () => {
  const folders = [temporaryFolder()];
  after(() => folders.forEach(({ remove }) => remove()));

  /** Opens a journal with this content; returns what it has then, and what it was sent before. */
  async function opened(p: { journal: string; sent: object[] }) {
    const folder = join(folders[0]?.path ?? "", String(Math.random()));
    mkdirSync(folder);
    writeFileSync(join(folder, "journal.jsonl"), p.journal);
    writeFileSync(join(folder, "sent.jsonl"), p.sent.map((sent) => `${JSON.stringify(sent)}\n`).join(""));
    const rpc: Rpc = { url: "http://node", request: (method) => Promise.reject(new Error(`asked for ${method}`)) };
    const journal = await openJournal({ folder, chain, rpc });
    const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").split("\n").filter(Boolean);
    return { sent: journal.sent(), messages: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  const text = (...messages: object[]): string => messages.map((message) => `\n${JSON.stringify(message)}`).join("");

  it("notes the hash of bytes that were kept", async () => {
    const { sent, messages } = await opened({ journal: text(first, prepare), sent: [kept] });
    expect(sent).to.deep.equal([kept]);
    expect(messages.slice(0, 2)).to.deep.equal([first, prepare]);
    expect(messages[2]).to.include({ type: "TRANSACTION_SEND", futureId: "A#B", nonce: 3, networkInteractionId: 1 });
    expect(messages[2]?.["transaction"]).to.have.property("hash", kept.hash);
  });

  it("takes the announcement back when nothing was ever signed", async () => {
    const other = { ...kept, nonce: 2 };
    const { messages } = await opened({ journal: text(first, prepare), sent: [other] });
    expect(messages).to.deep.equal([first]);
  });

  it("takes back what was begun when no transaction was planned for it", async () => {
    for (const kind of ["DEPLOYMENT", "CALL", "SEND_DATA"]) {
      const begun = { futureId: "A#B", type: `${kind}_EXECUTION_STATE_INITIALIZE` };
      expect((await opened({ journal: text(first, begun), sent: [kept] })).messages).to.deep.equal([first]);
      const planned = { futureId: "A#B", type: "NETWORK_INTERACTION_REQUEST" };
      const { messages } = await opened({ journal: text(first, begun, planned), sent: [kept] });
      expect(messages).to.deep.equal([first, begun, planned]);
    }
  });

  it("drops a last line that was cut off, and leaves a whole journal as it is", async () => {
    const cut = await opened({ journal: `${text(first)}\n{"futureId":"A`, sent: [] });
    expect(cut.messages).to.deep.equal([first]);
    const whole = await opened({ journal: text(first, prepare, { ...prepare, type: "TRANSACTION_SEND" }), sent: [] });
    expect(whole.messages.length).to.equal(3);
  });
});
