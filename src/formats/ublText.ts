import { FactoryChainError } from "../lib/errors.ts";
import { parseDecimal, type Decimal } from "../lib/decimal.ts";
import { childrenOf, type XmlElement } from "./xml.ts";

const AGGREGATE = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const BASIC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

/** Aggregates (`cac`) below an element, following a path of names. */
export function aggregates(element: XmlElement, ...path: string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (found, name) => found.flatMap((one) => childrenOf(one, AGGREGATE, name)),
    [element],
  );
}

export function aggregate(element: XmlElement, ...path: string[]): XmlElement | undefined {
  return aggregates(element, ...path)[0];
}

/** Basic elements (`cbc`) of one name that say something. */
export function basics(element: XmlElement, name: string): XmlElement[] {
  return childrenOf(element, BASIC, name).filter((child) => child.text.trim() !== "");
}

export function basic(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element === undefined ? undefined : basics(element, name)[0];
}

/** The text of a basic element, white space around it removed. */
export function textOf(element: XmlElement | undefined, name: string): string | null {
  return basic(element, name)?.text.trim() ?? null;
}

export function decimalOf(element: XmlElement, where: string): Decimal {
  try {
    return parseDecimal(element.text.trim());
  } catch (cause) {
    const shown = element.text.trim().slice(0, 40);
    throw orderError("order-number", `${where}: "${shown}" is not a decimal number.`, {
      expected: "a number such as 12 or 0.25",
      cause,
    });
  }
}

/** Every element below one, itself included, in document order. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* descendants(child);
}

export function isBasic(element: XmlElement): boolean {
  return element.namespace === BASIC;
}

export function orderError(
  code: string,
  message: string,
  details: { expected: string; advice?: string; cause?: unknown },
): FactoryChainError {
  return new FactoryChainError(code, message, {
    advice: "Correct the order where it was made and send it again.",
    ...details,
  });
}
