import { InvalidArgumentError } from "commander";
import { Wallet } from "ethers";
import type { SentTransaction } from "../../chain/transactions.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { withAccount } from "../../sdk/client.ts";
import type { AccountClient } from "../../sdk/client.ts";
import { cancelMember } from "../../sdk/oracle/cancelMember.ts";
import { closeGroup } from "../../sdk/oracle/closeGroup.ts";
import { enactMember } from "../../sdk/oracle/enactMember.ts";
import { proposeMember } from "../../sdk/oracle/proposeMember.ts";
import { readGroup } from "../../sdk/oracle/readGroup.ts";
import type { RelayerGroup } from "../../sdk/oracle/readGroup.ts";
import { registerRelayerGroup } from "../../sdk/oracle/registerRelayerGroup.ts";
import { reopenGroup } from "../../sdk/oracle/reopenGroup.ts";
import { retireMember } from "../../sdk/oracle/retireMember.ts";
import { findOrganisation } from "../book.ts";
import { currencyOf } from "../currency.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../table.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface GroupOptions extends CommonOptions {
  currency?: string;
}

interface MemberAction {
  name: string;
  description: string;
  /** Anyone may; the others need the administrator's key. */
  anyone?: true;
  act(p: { client: AccountClient; currency: string; group: number; member: string }): Promise<SentTransaction>;
}

const MEMBER_ACTIONS: readonly MemberAction[] = [
  { name: "retire", description: "retire a relayer at once and for ever", act: retireMember },
  { name: "propose", description: "announce a relayer, which may join after seven days", act: proposeMember },
  { name: "enact", description: "let an announced relayer join; anyone may", anyone: true, act: enactMember },
  { name: "cancel", description: "cancel an announced relayer", act: cancelMember },
];

const GROUP_ACTIONS = [
  { name: "close", description: "refuse new orders that name the group", act: closeGroup },
  { name: "reopen", description: "take new orders that name the group again", act: reopenGroup },
] as const;

/** `factorychain group` */
export function addGroup({ program, output }: CommandContext): void {
  const group = program.command("group").description("relayer groups of a currency's escrow");
  const command = (name: string) =>
    withPlace(group.command(name)).option("--currency <code>", "ISO 4217 (default: the only one)");
  const show = async (p: { session: Session; id: string; options: GroupOptions; sent?: SentTransaction }) => {
    const currency = currencyOf({ session: p.session, asked: p.options.currency });
    const found = await readGroup({ client: p.session.client, currency, group: idOf(p.id) });
    if (found === null) throw unknown(p.id, currency);
    const { sent } = p;
    const document = sent === undefined ? found : { ...found, transaction: sent.hash, gas: Number(sent.gasUsed) };
    output(p.options).result(document, textOf(found));
  };

  command("show <group>")
    .description("show a group: who signs, who is announced, whether it takes orders")
    .action(async (id: string, options: GroupOptions) => show({ session: await openSession(options), id, options }));

  command("register <members...>")
    .description("register relayers of distinct organisations as a group that orders may name")
    .requiredOption("--threshold <n>", "how many of them must sign", countOf)
    .action(async (members: string[], options: GroupOptions & { threshold: number }) => {
      const session = await openSession(options);
      const currency = currencyOf({ session, asked: options.currency });
      const accounts = members.map((member) => accountOf(session, member));
      const registration = { currency, members: accounts, threshold: options.threshold };
      const { group: id, transaction } = await registerRelayerGroup({ client: session.admin(), ...registration });
      await show({ session, id: String(id), options, sent: transaction });
    });

  for (const { name, description, act, anyone } of MEMBER_ACTIONS) {
    command(`${name} <group> <member>`)
      .description(description)
      .action(async (id: string, member: string, options: GroupOptions) => {
        const session = await openSession(options);
        const currency = currencyOf({ session, asked: options.currency });
        const client = anyone === true ? stranger(session) : session.admin();
        const account = accountOf(session, member);
        const sent = await act({ client, currency, group: idOf(id), member: account });
        await show({ session, id, options, sent });
      });
  }

  for (const { name, description, act } of GROUP_ACTIONS) {
    command(`${name} <group>`)
      .description(description)
      .action(async (id: string, options: GroupOptions) => {
        const session = await openSession(options);
        const currency = currencyOf({ session, asked: options.currency });
        const sent = await act({ client: session.admin(), currency, group: idOf(id) });
        await show({ session, id, options, sent });
      });
  }
}

const stranger = ({ client }: Session) => withAccount({ client, wallet: Wallet.createRandom() });

function accountOf(session: Session, meant: string): string {
  if (/^0x[0-9a-fA-F]{40}$/.test(meant)) return meant.toLowerCase();
  return findOrganisation({ book: session.book.read(), meant }).account;
}

function countOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function idOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new FactoryChainError("group-invalid", `"${text}" is no id of a group.`, { expected: "a number, such as 1" });
}

function textOf({ group, threshold, members, proposals, closed, below }: RelayerGroup): string {
  const rows = [
    ...members.map(({ account, retired }) => [account, retired ? "retired" : "signs"]),
    ...proposals.map(({ account, from }) => [account, `may join from ${new Date(from * 1000).toISOString()}`]),
  ];
  const notes = [closed ? ", takes no new orders" : "", below ? ", has too few members: refunds wait" : ""].join("");
  return `Group ${group}: ${threshold} must sign${notes}\n${formatTable({ head: ["account", "state"], rows })}`;
}

function unknown(id: string, currency: string): FactoryChainError {
  return new FactoryChainError("group-unknown", `There is no relayer group ${id} for ${currency}.`, {
    expected: "the id of a registered group",
    advice: "An order's clauses name its group; the stack's own is in its endpoints file.",
  });
}
