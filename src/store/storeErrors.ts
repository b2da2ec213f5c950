import { FactoryChainError, RetryableError } from "../lib/errors.ts";
import type { ErrorDetails } from "../lib/errors.ts";

/** What went wrong, whichever engine says it. */
type Trouble =
  "unreachable" | "busy" | "conflict" | "full" | "read-only" | "access" | "no-database" | "damaged" | "unknown";

/** SQLSTATE classes and codes of PostgreSQL (appendix A of its manual). */
const POSTGRES: Record<string, Trouble> = {
  "08": "unreachable",
  "57P01": "unreachable",
  "57P02": "unreachable",
  "57P03": "unreachable",
  "57P05": "unreachable",
  "25P03": "unreachable",
  "53300": "busy",
  "55P03": "busy",
  "57014": "busy",
  "40001": "conflict",
  "40P01": "conflict",
  "53100": "full",
  "25006": "read-only",
  "28": "access",
  "42501": "access",
  "3D000": "no-database",
  "3F000": "no-database",
  XX001: "damaged",
  XX002: "damaged",
};

/** Primary result codes of SQLite. */
const SQLITE: Record<number, Trouble> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "unreachable",
  11: "damaged",
  13: "full",
  14: "unreachable",
  23: "access",
  26: "damaged",
};

/** What Node and the client say when there is no connection, or no more. */
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ENOENT",
]);
const DISCONNECTED =
  /connection terminated|connection error|timeout exceeded when trying to connect|query read timeout|not queryable|client was closed/i;

/** An error of a database in words, with what to do; what is no fault of the store (a broken constraint) as it is. */
export function storeError({ error, store }: { error: unknown; store: string }): unknown {
  if (error instanceof FactoryChainError || !(error instanceof Error)) return error;
  const trouble = troubleOf(error);
  if (trouble === "unknown") return error;
  const { code, says, retryable, ...details } = EXPLAINED[trouble];
  const message = `${says.replace("STORE", store)}: ${reasonOf(error)}.`;
  return retryable
    ? new RetryableError(code, message, { ...details, cause: error })
    : new FactoryChainError(code, message, { ...details, cause: error });
}

function troubleOf(error: Error): Trouble {
  const { code, errcode, errors } = error as { code?: unknown; errcode?: unknown; errors?: unknown };
  if (typeof errcode === "number") return SQLITE[errcode & 0xff] ?? "unknown";
  if (Array.isArray(errors) && errors[0] instanceof Error) return troubleOf(errors[0]);
  if (typeof code === "string") {
    if (NETWORK.has(code)) return "unreachable";
    const known = POSTGRES[code] ?? POSTGRES[code.slice(0, 2)];
    if (known !== undefined) return known;
  }
  return DISCONNECTED.test(error.message) ? "unreachable" : "unknown";
}

function reasonOf(error: Error): string {
  const { errors } = error as { errors?: unknown };
  const first: unknown = Array.isArray(errors) ? errors[0] : error;
  return (first instanceof Error ? first.message : error.message).replace(/\.$/, "");
}

const EXPLAINED: Record<
  Exclude<Trouble, "unknown">,
  ErrorDetails & { code: string; says: string; retryable: boolean }
> = {
  unreachable: {
    code: "store-unreachable",
    says: "The store STORE does not answer",
    retryable: true,
    advice: "See that the database runs and can be reached from here. Nothing is lost: it is tried again.",
  },
  busy: {
    code: "store-busy",
    says: "The store STORE is busy",
    retryable: true,
    advice:
      "It is tried again. If it stays so, another process holds the store, or the server allows too few connections.",
  },
  conflict: {
    code: "store-conflict",
    says: "The store STORE undid a transaction in favour of another one",
    retryable: true,
    advice: "It is tried again; nothing of it was written.",
  },
  full: {
    code: "store-full",
    says: "The store STORE has no room left",
    retryable: true,
    expected: "free space on the disk of the database",
    advice: "Make room. Until then nothing is acknowledged or signed; it goes on by itself.",
  },
  "read-only": {
    code: "store-read-only",
    says: "The store STORE cannot be written",
    retryable: false,
    expected: "an SQLite file and folder that this user may write, or a PostgreSQL primary (no standby)",
    advice: "Check the permissions of the file and its folder, or name the primary server.",
  },
  access: {
    code: "store-access",
    says: "The store STORE refuses this user",
    retryable: false,
    expected: "a user with this password who may create tables in the database",
    advice: "Check user and password in FACTORYCHAIN_STORE (or PGPASSFILE), and pg_hba.conf of the server.",
  },
  "no-database": {
    code: "store-missing",
    says: "The store STORE does not exist",
    retryable: false,
    expected: "a database that was created for this relayer",
    advice: "Create it (createdb), or correct its name in FACTORYCHAIN_STORE.",
  },
  damaged: {
    code: "store-damaged",
    says: "The store STORE is damaged",
    retryable: false,
    advice: "Restore it from a backup, or move it away and begin with a new one.",
  },
};
