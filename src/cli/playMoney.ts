import { allowEscrow } from "../sdk/settlement/allowEscrow.ts";
import { mintCurrency } from "../sdk/value/mintCurrency.ts";
import { readBalance } from "../sdk/value/readBalance.ts";
import { minorUnitOf } from "./amounts.ts";
import type { BookOrganisation } from "./book.ts";
import type { Output } from "./output.ts";
import type { Session } from "./session.ts";
import { formatMoney } from "./table.ts";

interface Need {
  session: Session;
  payer: BookOrganisation;
  currency: string;
  /** In minor units. */
  amount: bigint;
  output: Output;
}

/** On a stack of one's own a payer is given what it lacks: there is no bank to bring it. */
export async function requireMoney({ session, payer, currency, amount, output }: Need): Promise<void> {
  const missing = amount - (await readBalance({ client: session.client, currency, account: payer.account }));
  if (missing <= 0n) return;
  await mintCurrency({ client: session.admin(), currency, to: payer.account, amount: missing });
  const shown = formatMoney({ amount: missing, currency, minorUnit: minorUnitOf({ session, currency }) });
  output.say(`${shown} of play money issued to ${payer.name}.`);
}

/** The same, and the escrow may take it. */
export async function allowMoney(p: Need): Promise<void> {
  if (p.amount <= 0n) return;
  await requireMoney(p);
  await allowEscrow({ client: p.session.accountOf(p.payer), currency: p.currency, amount: p.amount });
}
