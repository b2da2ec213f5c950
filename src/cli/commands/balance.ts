import type { SentTransaction } from "../../chain/transactions.ts";
import { deposit } from "../../sdk/settlement/deposit.ts";
import { readBalances } from "../../sdk/settlement/readBalances.ts";
import { withdraw } from "../../sdk/settlement/withdraw.ts";
import { minorUnitOf, parseAmount } from "../amounts.ts";
import { findOrganisation } from "../book.ts";
import type { BookOrganisation } from "../book.ts";
import { currencyOf } from "../currency.ts";
import type { Output } from "../output.ts";
import { requireMoney } from "../playMoney.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { formatMoney } from "../table.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface BalanceOptions extends CommonOptions {
  currency?: string;
  amount?: string;
  to?: string;
}

interface Owner {
  session: Session;
  owner: BookOrganisation;
  currency: string;
}

/** `factorychain balance` */
export function addBalance({ program, output }: CommandContext): void {
  const balance = program.command("balance").description("what organisations have in wallet and escrow");
  const command = (name: string) =>
    withPlace(balance.command(`${name} <organisation>`)).option(
      "--currency <code>",
      "ISO 4217 (default: the only one)",
    );

  command("show")
    .description("show what an organisation has in its wallet and in the escrow")
    .action(async (meant: string, options: BalanceOptions) =>
      show({ ...(await ownerOf(meant, options)), output: output(options) }),
    );

  command("deposit")
    .description("put money into the escrow, to open orders from")
    .requiredOption("--amount <amount>", "how much")
    .action(async (meant: string, options: BalanceOptions) => {
      const owned = await ownerOf(meant, options);
      const { session, owner, currency } = owned;
      const amount = amountOf(owned, options);
      await requireMoney({ session, payer: owner, currency, amount, output: output(options) });
      const sent = await deposit({ client: session.accountOf(owner), currency, amount });
      await show({ ...owned, output: output(options), sent });
    });

  command("withdraw")
    .description("take money out of the escrow: what was deposited, or could not be paid out")
    .requiredOption("--amount <amount>", "how much")
    .option("--to <account>", "who gets it, an organisation or an account (default: the organisation)")
    .action(async (meant: string, options: BalanceOptions) => {
      const owned = await ownerOf(meant, options);
      const { session, owner, currency } = owned;
      const sent = await withdraw({
        client: session.accountOf(owner),
        currency,
        amount: amountOf(owned, options),
        to: receiverOf(owned, options),
      });
      await show({ ...owned, output: output(options), sent });
    });
}

async function ownerOf(meant: string, options: BalanceOptions): Promise<Owner> {
  const session = await openSession(options);
  const owner = findOrganisation({ book: session.book.read(), meant });
  return { session, owner, currency: currencyOf({ session, asked: options.currency }) };
}

function amountOf({ session, currency }: Owner, { amount = "" }: BalanceOptions): bigint {
  return parseAmount({ text: amount, minorUnit: minorUnitOf({ session, currency }) });
}

function receiverOf({ session, owner }: Owner, { to }: BalanceOptions): string {
  if (to === undefined) return owner.account;
  if (/^0x[0-9a-fA-F]{40}$/.test(to)) return to.toLowerCase();
  return findOrganisation({ book: session.book.read(), meant: to }).account;
}

async function show(p: Owner & { output: Output; sent?: SentTransaction }): Promise<void> {
  const { session, owner, currency, sent } = p;
  const { token, escrow } = await readBalances({ client: session.client, currency, account: owner.account });
  const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: minorUnitOf({ session, currency }) });
  const document = { organisation: owner.organisation, name: owner.name, currency, wallet: token, escrow };
  p.output.result(
    sent === undefined ? document : { ...document, transaction: sent.hash, gas: Number(sent.gasUsed) },
    `${owner.name}: ${money(token)} in its wallet, ${money(escrow)} in the escrow.`,
  );
}
