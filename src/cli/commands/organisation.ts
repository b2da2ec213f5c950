import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError } from "commander";
import { hexlify, Wallet } from "ethers";
import { FactoryChainError } from "../../lib/errors.ts";
import { ORGANISATION_KINDS } from "../../sdk/identity/organisationKinds.ts";
import type { OrganisationKind } from "../../sdk/identity/organisationKinds.ts";
import { readOrganisation } from "../../sdk/identity/readOrganisation.ts";
import type { Organisation } from "../../sdk/identity/readOrganisation.ts";
import { readOrganisations } from "../../sdk/identity/readOrganisations.ts";
import { registerOrganisation } from "../../sdk/identity/registerOrganisation.ts";
import type { Book, BookOrganisation } from "../book.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../table.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface RegisterOptions extends CommonOptions {
  kind: OrganisationKind[];
  identifier: string[];
  account?: string;
}

/** `factorychain organisation` */
export function addOrganisation({ program, output }: CommandContext): void {
  const organisation = program.command("organisation").description("organisations and their accounts");

  withPlace(organisation.command("register <name>"))
    .description("register an organisation; its new key stays in the data folder")
    .requiredOption(
      "--kind <kinds>",
      `what it is: ${Object.keys(ORGANISATION_KINDS).join(", ")}; with commas between`,
      kindsOf,
    )
    .option("--identifier <id...>", "how orders name it: GLN, registration number", [] as string[])
    .option("--account <address>", "its account, whose key is elsewhere, in place of a new key", accountOf)
    .action(async (name: string, options: RegisterOptions) => {
      const session = await openSession(options);
      if (options.account !== undefined) {
        const { kind: kinds, account } = options;
        const profile = hexlify(randomBytes(32));
        const { organisation } = await registerOrganisation({ client: session.admin(), kinds, profile, account });
        const text = `${name} is organisation ${organisation}, account ${account}, whose key is not here.`;
        return output(options).result({ organisation, name, account }, text);
      }
      const known = await registerNamed({ session, name, kinds: options.kind, identifiers: options.identifier });
      output(options).result(known, `${name} is organisation ${known.organisation}, account ${known.account}.`);
    });

  withPlace(organisation.command("show <organisation>"))
    .description("show an organisation by name, identifier, id or account")
    .action(async (meant: string, options: CommonOptions) => {
      const session = await openSession(options);
      const book = session.book.read();
      const found = await readOrganisation({ client: session.client, organisation: meantOf({ book, meant }) });
      if (found === null) throw unknown(meant);
      output(options).result(withName(found, book), tableOf([found], book));
    });

  withPlace(organisation.command("list"))
    .description("list all organisations")
    .action(async (options: CommonOptions) => {
      const session = await openSession(options);
      const book = session.book.read();
      const all = await readOrganisations({ client: session.client });
      output(options).result(
        all.map((one) => withName(one, book)),
        tableOf(all, book),
      );
    });
}

/** Registers an organisation under a new account and notes it in the book. */
export async function registerNamed(p: {
  session: Session;
  name: string;
  kinds: readonly OrganisationKind[];
  identifiers: readonly string[];
}): Promise<BookOrganisation> {
  const { session, name, kinds, identifiers } = p;
  const wallet = Wallet.createRandom();
  const account = wallet.address.toLowerCase();
  const keyFile = session.book.keyFile(account);
  // The key is kept before the chain knows the account: an account without its key would be lost.
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, `${wallet.privateKey}\n`, { mode: 0o600, flag: "wx", flush: true });
  const profile = hexlify(randomBytes(32));
  const { organisation } = await registerOrganisation({ client: session.admin(), kinds, profile, account });
  const noted = { organisation, name, identifiers: [...identifiers], account, keyFile };
  session.book.addOrganisation(noted);
  return noted;
}

function kindsOf(text: string): OrganisationKind[] {
  return text.split(",").map((kind) => {
    if (!Object.hasOwn(ORGANISATION_KINDS, kind)) throw new InvalidArgumentError(`There is no kind "${kind}".`);
    return kind as OrganisationKind;
  });
}

function accountOf(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError("It must be an address: 0x and 40 hex digits.");
  return text.toLowerCase();
}

function meantOf({ book, meant }: { book: Book; meant: string }): number | string {
  if (/^\d{1,9}$/.test(meant)) return Number(meant);
  if (/^0x[0-9a-fA-F]{40}$/.test(meant)) return meant;
  const named = book.organisations.findLast(({ name, identifiers }) => name === meant || identifiers.includes(meant));
  if (named === undefined) throw unknown(meant);
  return named.organisation;
}

function nameOf(organisation: number, book: Book): BookOrganisation | undefined {
  return book.organisations.findLast((one) => one.organisation === organisation);
}

function withName(one: Organisation, book: Book): object {
  const { name = null, identifiers = [], account = null } = nameOf(one.organisation, book) ?? {};
  return { ...one, name, identifiers, account };
}

function tableOf(all: readonly Organisation[], book: Book): string {
  const rows = all.map((one) => [
    String(one.organisation),
    nameOf(one.organisation, book)?.name ?? "-",
    one.status,
    one.kinds.join(", "),
    nameOf(one.organisation, book)?.account ?? "-",
  ]);
  return formatTable({ head: ["id", "name", "status", "kinds", "account"], rows, right: [0] });
}

function unknown(meant: string): FactoryChainError {
  return new FactoryChainError("organisation-unknown", `There is no organisation "${meant}".`, {
    expected: "a name or identifier that was registered from here, an id, or an account",
    advice: "factorychain organisation list shows all.",
  });
}
