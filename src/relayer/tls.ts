import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { describeError, FactoryChainError } from "../lib/errors.ts";
import type { Log } from "./log.ts";
import { accountIn } from "./peerBook.ts";

/** Names of PEM files: the certificates of the CAs that are trusted, this relayer's certificate, and its key. */
export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

/** What both sides of a connection between relayers are made from. */
export interface TlsMaterial {
  ca: string;
  cert: string;
  key: string;
  minVersion: "TLSv1.3";
}

export type Credentials = ReturnType<typeof openCredentials>;

/** Seconds before its end from which on a certificate is spoken of at each look. */
const SOON = 14 * 86_400;

/**
 * Reads a relayer's certificate and looks at the files again when told to: a renewed certificate needs no new start.
 *
 * @param account of this relayer, which its certificate should name
 * @param clock seconds since 1970
 * @throws FactoryChainError `tls-files` when they cannot be read, or the key is not the certificate's
 */
export function openCredentials({
  files,
  account,
  log,
  clock = () => Date.now() / 1000,
}: {
  files: TlsFiles;
  account: string;
  log: Log;
  clock?: () => number;
}) {
  let material = readMaterial(files);
  const changed: ((material: TlsMaterial) => void)[] = [];
  inspect();

  function inspect(): void {
    const certificate = new X509Certificate(material.cert);
    const names = { subjectaltname: certificate.subjectAltName, fingerprint256: certificate.fingerprint256 };
    const fields = { file: files.cert, until: certificate.validTo, sha256: names.fingerprint256 };
    if (accountIn(names) !== account) {
      log.warn(fields, "this relayer's certificate does not name its account: peers must pin its sha256");
    }
    const left = Date.parse(certificate.validTo) / 1000 - clock();
    if (left <= 0) log.error(fields, "this relayer's certificate has expired: no peer talks to it");
    else if (left < SOON) log.warn(fields, "this relayer's certificate expires soon");
  }

  return {
    current: (): TlsMaterial => material,

    /** Told of each new material. */
    onChange(listener: (material: TlsMaterial) => void): void {
      changed.push(listener);
    },

    /** Reads the files again; what is not whole yet is left for the next look. */
    refresh(): void {
      try {
        const next = readMaterial(files);
        if (digest(next) === digest(material)) return;
        material = next;
        for (const listener of changed) listener(next);
        log.info({ file: files.cert }, "the relayer's certificate was read again");
        inspect();
      } catch (error) {
        log.error({ error: describeError(error) }, "the relayer's certificate was not read again; the old one stays");
      }
    },
  };
}

function readMaterial(files: TlsFiles): TlsMaterial {
  try {
    const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file, "utf8"));
    const material = { ca: ca ?? "", cert: cert ?? "", key: key ?? "", minVersion: "TLSv1.3" as const };
    createSecureContext(material);
    for (const file of [material.ca, material.cert]) new X509Certificate(file);
    return material;
  } catch (error) {
    throw new FactoryChainError("tls-files", `The relayer's TLS files cannot be used: ${(error as Error).message}`, {
      expected: `PEM: CA certificates in ${files.ca}, a certificate in ${files.cert} and its key in ${files.key}`,
      advice: "Make them as docs/operations/relayer-tls.md says.",
      cause: error,
    });
  }
}

function digest(material: TlsMaterial): string {
  return createHash("sha256").update(JSON.stringify(material)).digest("hex");
}
