import { FactoryChainError } from "../lib/errors.ts";

/** Another relayer: where it is reached, whose it is, and by which certificate it is known. */
export interface Peer {
  url: string;
  /** Its relayer account, 0x-hex lowercase; null where peers are not told apart (one machine, no TLS). */
  account: string | null;
  /** SHA-256 of certificates that are taken for it, hex without colons; none: any that names its account. */
  fingerprints: string[];
}

/** What a certificate says, as Node gives it. */
export interface CertificateNames {
  subjectaltname?: string | undefined;
  fingerprint256: string;
}

/** What stands before the account in a certificate's subject alternative name (type URI). */
const ACCOUNT_URI = "urn:factorychain:relayer:";

/**
 * Reads a peer from its setting, `URL` or `URL#account=0x...&sha256=...`.
 *
 * @throws FactoryChainError `peer-setting`
 * @example
 * parsePeer("https://relayer.b.example:8701#account=0x8626f6940e2eb28930efb4cef49b2d1f2c9c1199");
 */
export function parsePeer(text: string): Peer {
  const [url = "", fragment = ""] = text.split("#", 2);
  const names = new URLSearchParams(fragment);
  const account = names.get("account")?.toLowerCase() ?? null;
  const fingerprints = names.getAll("sha256").map((value) => value.replaceAll(":", "").toLowerCase());
  const known = [...names.keys()].every((name) => name === "account" || name === "sha256");
  const good =
    known &&
    URL.canParse(url) &&
    (account === null || /^0x[0-9a-f]{40}$/.test(account)) &&
    (fingerprints.length === 0 || account !== null) &&
    fingerprints.every((value) => /^[0-9a-f]{64}$/.test(value));
  if (!good) {
    throw new FactoryChainError("peer-setting", `A peer is not written as it should be: ${text}`, {
      expected: "https://HOST:PORT#account=0x<20 bytes>, and &sha256=<32 bytes> for each certificate to pin",
      advice: "Correct FACTORYCHAIN_PEERS; docs/operations/relayer-tls.md explains it.",
    });
  }
  return { url, account, fingerprints };
}

/** The one relayer account that a certificate names; null when it names none, or several. */
export function accountIn({ subjectaltname = "" }: CertificateNames): string | null {
  // Node puts quotes around values that could be read as more than one name.
  if (subjectaltname.includes('"')) return null;
  const names = subjectaltname.split(", ").filter((name) => name.startsWith(`URI:${ACCOUNT_URI}`));
  const account = names[0]?.slice(`URI:${ACCOUNT_URI}`.length).toLowerCase() ?? "";
  return names.length === 1 && /^0x[0-9a-f]{40}$/.test(account) ? account : null;
}

/** Whether a certificate, which some CA of ours signed, is this peer's. */
export function isOf(peer: Peer, certificate: CertificateNames): boolean {
  if (peer.account === null) return false;
  if (peer.fingerprints.length === 0) return accountIn(certificate) === peer.account;
  return peer.fingerprints.includes(certificate.fingerprint256.replaceAll(":", "").toLowerCase());
}
