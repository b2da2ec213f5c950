import { Option } from "commander";
import { readBlock } from "../../chain/wire.ts";
import { writeWhole } from "../../config/files.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { partsOf } from "../../sdk/ledger/accounts.ts";
import { inTurns } from "../../sdk/ledger/readFigures.ts";
import { readLedger } from "../../sdk/ledger/readLedger.ts";
import type { Ledger } from "../../sdk/ledger/readLedger.ts";
import { findOrganisation } from "../book.ts";
import { toCsv } from "../ledger/csv.ts";
import { select } from "../ledger/select.ts";
import type { Shown } from "../ledger/select.ts";
import { differenceError, toDocument, toText } from "../ledger/view.ts";
import type { Names } from "../ledger/view.ts";
import { findOrder } from "../orders.ts";
import type { Output } from "../output.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface LedgerOptions extends CommonOptions {
  order?: string;
  organisation?: string;
  currency?: string;
  csv?: string;
}

/** `factorychain ledger` */
export function addLedger({ program, output }: CommandContext): void {
  withPlace(program.command("ledger"))
    .description("the books by double entry, from events alone, compared with the chain")
    .option("--order <order>", "only this order, by number or id")
    .option("--organisation <organisation>", "only this one, by name, identifier, id or account")
    .option("--currency <code>", "only this currency (default: all, or the order's)")
    .addOption(new Option("--csv <file>", "write the postings as CSV; - is standard output").conflicts("json"))
    .action(async (options: LedgerOptions) => {
      await showLedger({ options, output: output(options) });
    });
}

async function showLedger({ options, output }: { options: LedgerOptions; output: Output }): Promise<void> {
  const session = await openSession(options);
  const order = options.order === undefined ? null : (await findOrder({ session, meant: options.order })).order;
  const currencies = order?.currency ?? options.currency ?? Object.keys(session.client.deployment.currencies);
  const ledgers: Ledger[] = [];
  for (const currency of [currencies].flat()) ledgers.push(await readLedger({ client: session.client, currency }));

  const organisations = await readOwners(session, ledgers);
  const accounts = options.organisation === undefined ? null : accountsOf(session, options.organisation, organisations);
  const shown = ledgers.map((ledger) => select(ledger, { order: order?.order ?? null, accounts }));
  const names = await readNames({ session, shown, organisations });
  write({ shown, names, output, csv: options.csv });
  const differences = ledgers.flatMap(({ currency, differences }) => differences.map((one) => ({ currency, ...one })));
  if (differences.length > 0) throw differenceError(differences);
}

function write(p: { shown: Shown[]; names: Names; output: Output; csv: string | undefined }): void {
  const { shown, names, output, csv } = p;
  if (csv === "-") return output.raw(toCsv(shown, names));
  if (csv !== undefined) writeFile(csv, toCsv(shown, names));
  output.result(toDocument(shown, names), toText(shown, names));
}

function writeFile(file: string, text: string): void {
  try {
    writeWhole(file, text);
  } catch (cause) {
    throw new FactoryChainError("file-unwritable", `${file} cannot be written.`, {
      expected: "a file in a folder that is there and may be written",
      advice: "Name another one with --csv, or - for standard output.",
      cause,
    });
  }
}

/** Which organisation each address of the ledgers belongs to now. */
async function readOwners(session: Session, ledgers: readonly Ledger[]): Promise<Map<string, number>> {
  const registry = session.client.contracts.organisationRegistry;
  const parties = ledgers.flatMap(({ orders }) => orders.flatMap(({ terms }) => [terms.buyer, terms.supplier]));
  const holders = ledgers.flatMap(({ balances }) => [...balances.keys()].map(partsOf));
  const addresses = holders.filter(({ kind }) => kind === "wallet" || kind === "balance").map(({ holder }) => holder);
  const all = [...new Set([...parties, ...addresses])];
  const owners = await inTurns(
    all,
    async (address) => [address, Number(await registry.organisationOf(address))] as const,
  );
  return new Map(owners.filter(([, organisation]) => organisation !== 0));
}

/** The accounts of an organisation: by its id or an account of it from the chain, else from the book of this folder. */
function accountsOf(session: Session, meant: string, owners: ReadonlyMap<string, number>): Set<string> {
  const address = meant.toLowerCase();
  if (/^0x[0-9a-f]{40}$/.test(address) && !owners.has(address)) return new Set([address]);
  const id = owners.get(address) ?? (/^\d{1,9}$/.test(meant) ? Number(meant) : null);
  const named = id === null ? findOrganisation({ book: session.book.read(), meant }) : null;
  const wanted = id ?? named?.organisation;
  const found = [...owners].filter(([, organisation]) => organisation === wanted).map(([account]) => account);
  return new Set(named === null ? found : [...found, named.account]);
}

async function readNames(p: {
  session: Session;
  shown: readonly Shown[];
  organisations: ReadonlyMap<string, number>;
}): Promise<Names> {
  const { client, book } = p.session;
  const blocks = new Set(p.shown.flatMap(({ entries }) => entries.map(({ block }) => block)));
  const times = await inTurns(
    [...blocks],
    async (block) => [block, (await readBlock(client.provider, block))?.time] as const,
  );
  const { currencies } = client.deployment;
  return {
    organisations: p.organisations,
    times: new Map(times.flatMap(([block, time]) => (time === undefined ? [] : [[block, time] as const]))),
    numbers: new Map(book.read().orders.map(({ id, sheet }) => [id, (sheet as { number: string }).number])),
    minorUnits: new Map(Object.entries(currencies).map(([code, { minorUnit }]) => [code, minorUnit])),
  };
}
