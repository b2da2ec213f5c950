import type { Command } from "commander";
import { Wallet } from "ethers";
import type { Approval } from "../../chain/consent.ts";
import { readHead } from "../../chain/wire.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { withAccount } from "../../sdk/client.ts";
import { readBalances } from "../../sdk/settlement/readBalances.ts";
import type { Asked, OrderAction } from "../actions/action.ts";
import { AGREEMENT_ACTIONS } from "../actions/agreements.ts";
import { DISPUTE_ACTIONS } from "../actions/disputes.ts";
import { readApprovals, writeApproval } from "../approvals.ts";
import { findOrganisation } from "../book.ts";
import { findOrder } from "../orders.ts";
import type { Output } from "../output.ts";
import { allowMoney } from "../playMoney.ts";
import { openSession } from "../session.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

const ACTIONS = [...DISPUTE_ACTIONS, ...AGREEMENT_ACTIONS];
/** Seconds for which a signature counts where no deadline is named. */
const DEADLINE = 7 * 86_400;
const COMMON = new Set(["data", "rpc", "deployment", "json", "approval", "deadline", "as", "out"]);

interface ActionOptions extends CommonOptions {
  approval?: string[];
  deadline?: string;
}

interface SignOptions extends ActionOptions {
  as: string;
  out: string;
}

/** `factorychain order inspect` and the like, and `factorychain order sign` for each of them. */
export function addOrderActions({ order, output }: { order: Command; output: CommandContext["output"] }): void {
  const sign = order.command("sign").description("sign an action without doing it, for somebody else to send");
  for (const action of ACTIONS) {
    const own = withPlace(action.options(order.command(`${action.name} <order>`)))
      .description(action.description)
      .option("--approval <file...>", "signatures of parties whose keys are not here, from order sign")
      .option("--deadline <seconds>", "until when signatures count, seconds since 1970 (default: seven days)");
    own.action((meant: string, options: ActionOptions) => act({ action, meant, options, output: output(options) }));

    const signed = withPlace(action.options(sign.command(`${action.name} <order>`)))
      .description(`sign: ${action.description}`)
      .requiredOption("--as <organisation>", "who signs; its key is here")
      .requiredOption("--out <file>", "where the signature goes")
      .option("--deadline <seconds>", "until when it counts, seconds since 1970 (default: seven days)");
    signed.action((meant: string, options: SignOptions) =>
      signFor({ action, meant, options, output: output(options) }),
    );
  }
}

async function act(p: { action: OrderAction; meant: string; options: ActionOptions; output: Output }): Promise<void> {
  const { action, options, output } = p;
  const asked = await ask(p);
  const { session, known } = asked;
  const files = readApprovals({
    files: options.approval ?? [],
    action: action.name,
    order: known.order.order,
    options: ownOptions(options),
  });
  const first = files[0];
  const about = first === undefined ? asked : { ...asked, seq: first.seq, nonce: BigInt(first.nonce) };
  const deadline = first?.deadline ?? (await deadlineOf(p.options, asked));
  const approvals = files.map(({ approval }) => approval);
  approvals.push(...(await signMissing({ action, asked: about, deadline, given: approvals })));
  await pay({ action, asked: about, output });
  // The signatures are what counts, and gas is free: an account that nobody has seen before sends them.
  const client = withAccount({ client: session.client, wallet: Wallet.createRandom() });
  const sent = await action.send({ ...about, client, deadline, approvals });
  const document = { id: known.order.order, action: action.name, transaction: sent.hash, gas: Number(sent.gasUsed) };
  output.result(
    document,
    `Done: ${action.name} of order ${known.order.order}, block ${sent.block.number}, ${sent.hash}`,
  );
}

async function signFor(p: { action: OrderAction; meant: string; options: SignOptions; output: Output }): Promise<void> {
  const { action, options } = p;
  const asked = await ask(p);
  const organisation = findOrganisation({ book: asked.session.book.read(), meant: options.as });
  const deadline = await deadlineOf(options, asked);
  const approval = await action.sign({ ...asked, signer: asked.session.signerOf(organisation), deadline });
  const { seq, nonce } = asked;
  const about = { action: action.name, order: asked.known.order.order, options: ownOptions(options) };
  const document = { ...about, seq, nonce: nonce.toString(), deadline, approval };
  writeApproval({ file: options.out, document });
  const until = new Date(deadline * 1000).toISOString();
  p.output.result(document, `${organisation.name} signed ${action.name} until ${until}: ${options.out}`);
}

async function ask(p: { meant: string; options: ActionOptions }): Promise<Asked> {
  const session = await openSession(p.options);
  const known = await findOrder({ session, meant: p.meant });
  const { currency, terms, seq } = known.order;
  const { nonce } = await readBalances({ client: session.client, currency, account: terms.supplier });
  return { session, known, options: ownOptions(p.options), seq, nonce };
}

/** Signs for every party whose signature is missing and whose key is here. */
async function signMissing(p: {
  action: OrderAction;
  asked: Asked;
  deadline: number;
  given: readonly Approval[];
}): Promise<Approval[]> {
  const { action, asked, deadline, given } = p;
  const { organisations } = asked.session.book.read();
  const missing = action.parties(asked).filter((party) => !given.some(({ account }) => account === party));
  return await Promise.all(
    missing.map(async (party) => {
      const organisation = organisations.findLast(({ account }) => account === party);
      if (organisation === undefined) throw consentMissing(party, action.name);
      return await action.sign({ ...asked, signer: asked.session.signerOf(organisation), deadline });
    }),
  );
}

/** Gives the escrow the allowance that the action needs, where the payer's key is here. */
async function pay(p: { action: OrderAction; asked: Asked; output: Output }): Promise<void> {
  const { session, known } = p.asked;
  const due = p.action.pays?.(p.asked) ?? null;
  const payer = session.book.read().organisations.findLast(({ account }) => account === due?.account);
  if (due === null || payer === undefined) return;
  await allowMoney({ session, payer, currency: known.order.currency, amount: due.amount, output: p.output });
}

async function deadlineOf(options: ActionOptions, { session }: Asked): Promise<number> {
  if (options.deadline === undefined) return (await readHead(session.client.provider)).time + DEADLINE;
  if (/^\d{1,12}$/.test(options.deadline)) return Number(options.deadline);
  throw new FactoryChainError("deadline-invalid", `"${options.deadline}" is no deadline.`, {
    expected: "seconds since 1970, such as 1790000000",
  });
}

function consentMissing(party: string, action: string): FactoryChainError {
  return new FactoryChainError("consent-missing", `${party} has to agree, and its key is not here.`, {
    expected: `a signature of ${party}`,
    advice: `Where its key is: factorychain order sign ${action} ORDER ... --as ${party} --out FILE; then add --approval FILE.`,
  });
}

/** The options that belong to the action itself. */
function ownOptions(options: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options as Record<string, unknown>).filter(
      (one): one is [string, string] => !COMMON.has(one[0]) && typeof one[1] === "string",
    ),
  );
}
