/** Whether the last digit is the GS1 check digit of those before: weights 3 and 1 from the right (GS1 General Specifications 7.9). */
export function hasCheckDigit(digits: string): boolean {
  return /^\d{8,18}$/.test(digits) && checkDigit(digits.slice(0, -1)) === digits.at(-1);
}

export function checkDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits.at(-1 - i)) * (i % 2 === 0 ? 3 : 1);
  return String((10 - (sum % 10)) % 10);
}

/** A GTIN-8, -12, -13 or -14 as 14 digits, or null when it does not have the form of one. */
export function toGtin14(digits: string): string | null {
  return /^(?:\d{8}|\d{12,14})$/.test(digits) ? digits.padStart(14, "0") : null;
}

/**
 * Whether an event's GTIN is that of an order line. An order whose GTIN has a wrong check digit is met without it:
 * identifiers in URN form carry none, so the event has the right one.
 */
export function sameGtin(p: { ofLine: string; ofEvent: string }): boolean {
  if (p.ofLine === p.ofEvent) return true;
  return !hasCheckDigit(p.ofLine) && p.ofLine.slice(0, 13) === p.ofEvent.slice(0, 13);
}

/** What an EPC or a GS1 Digital Link says about an item: its GTIN, if it has one, and whether it is one item or a class. */
export interface ItemIdentifier {
  gtin: string | null;
  scope: "item" | "class";
}

const SGTIN = /^urn:epc:(id:sgtin|class:lgtin|idpat:sgtin):(\d{6,12})\.(\d{1,7})\.\S+$/i;

/** Reads an EPC URI or a GS1 Digital Link of any host. Null when it claims to hold a GTIN in these forms and does not. */
export function parseItemIdentifier(uri: string): ItemIdentifier | null {
  const urn = SGTIN.exec(uri);
  if (urn !== null) {
    const [, scheme = "", company = "", reference = ""] = urn;
    if (company.length + reference.length !== 13) return null;
    // The indicator stands first in the item reference; in a GTIN it stands first of all.
    const digits = reference.slice(0, 1) + company + reference.slice(1);
    return { gtin: digits + checkDigit(digits), scope: scheme.toLowerCase() === "id:sgtin" ? "item" : "class" };
  }
  if (/^urn:epc:(?:id:sgtin|class:lgtin):/i.test(uri)) return null;
  if (!/^[a-z][a-z0-9+.-]*:\S+$/i.test(uri)) return null;
  if (/^https?:/i.test(uri)) return fromDigitalLink(uri);
  return { gtin: null, scope: /^urn:epc:(?:class|idpat):/i.test(uri) ? "class" : "item" };
}

/** `/01/<GTIN>` may stand behind any path; qualifiers follow in pairs, and a serial number (21) makes it one item. */
function fromDigitalLink(uri: string): ItemIdentifier | null {
  const [, , , ...path] = (uri.split(/[?#]/, 1)[0] ?? "").split("/");
  const at = path.findIndex(
    (segment, i) => (segment === "01" || segment === "gtin") && toGtin14(path[i + 1] ?? "") !== null,
  );
  if (at < 0) return path.includes("01") ? null : { gtin: null, scope: "item" };
  const qualifiers = path.slice(at + 2).filter((_, i) => i % 2 === 0);
  const serialised = qualifiers.includes("21") || qualifiers.includes("ser");
  return { gtin: toGtin14(path[at + 1] ?? ""), scope: serialised ? "item" : "class" };
}
