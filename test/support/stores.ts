import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newPostgresStore, postgresFolder } from "./postgres.ts";

/** A kind of store under test. */
export interface StoreKind {
  kind: "SQLite" | "PostgreSQL";
  /** The URL of a new, empty store. It can be opened several times. */
  newStore(): Promise<string>;
}

/**
 * Tests that hold for every store: once on SQLite, once on PostgreSQL. Without PostgreSQL on the machine the second half
 * is pending and says so; where everything is built and judged (CI=true) that is a failure.
 */
export function describeStores(title: string, tests: (this: Mocha.Suite, store: StoreKind) => void): void {
  describe(`${title} (SQLite)`, function () {
    const folders: string[] = [];
    after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
    const newStore = (): Promise<string> => {
      const folder = mkdtempSync(join(tmpdir(), "store-"));
      folders.push(folder);
      return Promise.resolve(join(folder, "a.sqlite"));
    };
    tests.call(this, { kind: "SQLite", newStore });
  });
  describePostgres(`${title} (PostgreSQL)`, function () {
    tests.call(this, { kind: "PostgreSQL", newStore: newPostgresStore });
  });
}

/** Tests of what PostgreSQL alone does. */
export function describePostgres(title: string, tests: (this: Mocha.Suite) => void): void {
  describe(title, function () {
    if (postgresFolder !== null) {
      tests.call(this);
      return;
    }
    it("is not tested here: there is no PostgreSQL on this machine", function () {
      if (process.env["CI"] === "true") throw new Error("Install PostgreSQL: .ci/install does.");
      this.skip();
    });
  });
}
