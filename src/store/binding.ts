import type { Kysely } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import type { CoreSchema } from "./schema.ts";

/**
 * Ties a store to what it was made for (a chain's genesis, a signer's address) and refuses to open it for another.
 * The first call writes, every later one compares.
 *
 * @throws FactoryChainError `store-foreign`
 * @example
 * await bindStore({ db, values: { genesis: deployment.genesis, signer: address } });
 */
export async function bindStore<Schema extends CoreSchema>(p: {
  db: Kysely<Schema>;
  values: Record<string, string>;
}): Promise<void> {
  const core = p.db as unknown as Kysely<CoreSchema>;
  for (const [name, value] of Object.entries(p.values)) {
    await core
      .insertInto("bindings")
      .values({ name, value })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const row = await core.selectFrom("bindings").select("value").where("name", "=", name).executeTakeFirstOrThrow();
    if (row.value !== value) {
      throw new FactoryChainError(
        "store-foreign",
        `The store belongs to another ${name}: ${row.value}, not ${value}.`,
        {
          expected: `a store that is new, or was made for ${name} ${value}`,
          advice: "Give every chain and every key a store of its own; move the old one away if its chain is gone.",
        },
      );
    }
  }
}
