import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../config/files.ts";
import { FactoryChainError } from "../lib/errors.ts";

const bookSchema = z.strictObject({
  organisations: z.array(
    z.strictObject({
      organisation: z.int(),
      name: z.string(),
      identifiers: z.array(z.string()),
      account: z.string(),
      /** File of the account's key, beside the book. */
      keyFile: z.string(),
    }),
  ),
  devices: z.array(
    z.strictObject({
      device: z.string(),
      organisation: z.int(),
      /** Only of simulated devices: a real one keeps its key. */
      privateJwk: z
        .strictObject({
          kty: z.literal("EC"),
          crv: z.enum(["P-256", "secp256k1"]),
          x: z.string(),
          y: z.string(),
          d: z.string(),
        })
        .optional(),
    }),
  ),
  orders: z.array(
    z.strictObject({
      id: z.string(),
      currency: z.string(),
      sheet: z.unknown(),
      /** Orders of older versions have none; they were plain. */
      conditions: z
        .strictObject({
          arbiter: z.string(),
          defaultSplit: z.int(),
          inspection: z.int(),
          answer: z.int(),
          arbitration: z.int(),
          statutoryTerm: z.int(),
          statutoryInterest: z.int(),
          sheet: z.string(),
          documents: z.string(),
        })
        .optional(),
      /** Public keys of the devices that sign its reports. */
      deviceKeys: z
        .array(z.strictObject({ curve: z.enum(["P-256", "secp256k1"]), x: z.string(), y: z.string() }))
        .optional(),
    }),
  ),
});

/** What is not on the chain in clear: names, order sheets, and keys of simulated devices. */
export type Book = z.infer<typeof bookSchema>;
export type BookOrganisation = Book["organisations"][number];

/**
 * The book of a data folder; only its owner may read it.
 *
 * @throws FactoryChainError `book-invalid`
 */
export function openBook({ data }: { data: string }) {
  const file = join(data, "book.json");

  function read(): Book {
    if (!existsSync(file)) return { organisations: [], devices: [], orders: [] };
    try {
      return bookSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (cause) {
      throw new FactoryChainError("book-invalid", `The book ${file} cannot be read.`, {
        expected: "the file as this program wrote it",
        advice: "Restore it from a copy; without one, move it away: what is on the chain stays there.",
        cause,
      });
    }
  }

  function change(edit: (book: Book) => void): void {
    const book = read();
    edit(book);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeWhole(file, `${JSON.stringify(book, null, 2)}\n`);
  }

  return {
    read,
    addOrganisation: (one: BookOrganisation) => change(({ organisations }) => void organisations.push(one)),
    addDevice: (one: Book["devices"][number]) => change(({ devices }) => void devices.push(one)),
    addOrder: (one: Book["orders"][number]) => change(({ orders }) => void orders.push(one)),
    /** Where the key of a new account goes. */
    keyFile: (account: string) => join(data, `account-${account.slice(2, 12)}.key`),
  };
}

/**
 * The organisation that a person means: by name, identifier, account or id.
 *
 * @throws FactoryChainError `organisation-unknown`
 */
export function findOrganisation(p: { book: Book; meant: string }): BookOrganisation {
  const { book, meant } = p;
  const found = book.organisations.findLast(
    ({ name, identifiers, account, organisation }) =>
      name === meant ||
      identifiers.includes(meant) ||
      account === meant.toLowerCase() ||
      String(organisation) === meant,
  );
  if (found !== undefined) return found;
  const known = book.organisations.map(({ name }) => name).join(", ");
  throw new FactoryChainError("organisation-unknown", `No organisation "${meant}" was registered from here.`, {
    expected: known === "" ? "an organisation that was registered before" : `one of: ${known}`,
    advice: `Register it: factorychain organisation register "${meant}" --kind buyer --identifier GLN`,
  });
}
