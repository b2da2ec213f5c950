import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import type { DeliveryEvent } from "../../src/formats/deliveryEvent.ts";

/** Documents for the tests of the formats: every part can be replaced, and what is not named is right. */

export interface LineParts {
  id?: string;
  quantity?: string;
  unit?: string;
  amount?: string | null;
  price?: string | null;
  base?: string;
  charges?: string;
  item?: string;
  more?: string;
}

export interface OrderParts {
  id?: string;
  issued?: string;
  currency?: string;
  head?: string;
  buyer?: string;
  supplier?: string;
  lines?: string[];
  charges?: string;
  total?: string;
}

const UBL = "urn:oasis:names:specification:ubl:schema:xsd";

export function line(p: LineParts = {}): string {
  const { id = "1", quantity = "10", unit = "C62", amount = "100.00", price = "10.00" } = p;
  const item = p.item ?? "<cbc:Name>Bolt</cbc:Name>";
  return `<cac:OrderLine><cac:LineItem>${id === "" ? "" : `<cbc:ID>${id}</cbc:ID>`}<cbc:Quantity unitCode="${unit}">${quantity}</cbc:Quantity>
    ${amount === null ? "" : `<cbc:LineExtensionAmount currencyID="EUR">${amount}</cbc:LineExtensionAmount>`}
    ${p.more ?? ""}${p.charges ?? ""}${price === null ? "" : `<cac:Price><cbc:PriceAmount currencyID="EUR">${price}</cbc:PriceAmount>${p.base ?? ""}</cac:Price>`}
    <cac:Item>${item}</cac:Item></cac:LineItem></cac:OrderLine>`;
}

export function charge(amount: string, indicator = "true"): string {
  return `<cac:AllowanceCharge><cbc:ChargeIndicator>${indicator}</cbc:ChargeIndicator><cbc:Amount currencyID="EUR">${amount}</cbc:Amount></cac:AllowanceCharge>`;
}

export function tax(amount: string): string {
  return `<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">${amount}</cbc:TaxAmount></cac:TaxTotal>`;
}

/** AnticipatedMonetaryTotal with these amounts, by their element's name. */
export function total(amounts: Record<string, string>): string {
  const parts = Object.entries(amounts).map(
    ([name, amount]) => `<cbc:${name} currencyID="EUR">${amount}</cbc:${name}>`,
  );
  return `<cac:AnticipatedMonetaryTotal>${parts.join("")}</cac:AnticipatedMonetaryTotal>`;
}

export function party(role: string, content: string): string {
  return `<cac:${role}><cac:Party>${content}</cac:Party></cac:${role}>`;
}

export function order(p: OrderParts = {}): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="${UBL}:Order-2" xmlns:cac="${UBL}:CommonAggregateComponents-2" xmlns:cbc="${UBL}:CommonBasicComponents-2">
  ${p.id ?? "<cbc:ID>PO-1</cbc:ID>"}${p.issued ?? "<cbc:IssueDate>2026-11-02</cbc:IssueDate>"}
  ${p.currency ?? "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"}${p.head ?? ""}
  ${p.buyer ?? party("BuyerCustomerParty", '<cbc:EndpointID schemeID="0088">8801234500012</cbc:EndpointID>')}
  ${p.supplier ?? party("SellerSupplierParty", "<cac:PartyName><cbc:Name>Saebyeok</cbc:Name></cac:PartyName>")}
  ${p.charges ?? ""}${p.total ?? ""}${(p.lines ?? [line()]).join("")}
</Order>`;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An ObjectEvent for a delivery, with some members replaced; `undefined` removes one. */
export function delivery(members: Record<string, unknown> = {}): Record<string, unknown> {
  const event: Record<string, unknown> = {
    type: "ObjectEvent",
    eventID: "urn:uuid:1",
    eventTime: "2026-11-09T08:12:40+09:00",
    eventTimeZoneOffset: "+09:00",
    action: "OBSERVE",
    bizStep: "receiving",
    bizTransactionList: [{ type: "po", bizTransaction: "urn:epcglobal:cbv:bt:8801234500012:PO-1" }],
    quantityList: [{ epcClass: "https://id.gs1.org/01/08809876500100", quantity: 4 }],
    ...members,
  };
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}

export function parseJsonEvent(payload: Uint8Array): DeliveryEvent {
  return parseDeliveryEvent({ payload, contentType: "application/json" });
}
