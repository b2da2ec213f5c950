import { FactoryChainError } from "../lib/errors.ts";

/**
 * ISO 4217, table A.1: codes by minor unit, from the maintenance agency's list of 2024-06-25 with the amendments up to
 * 2026-01-01 (XAD and XCG came; ANG, BGN and CUC went). `Intl` is no source: it follows CLDR, which has other minor units
 * for a dozen of them. Codes without a minor unit (gold, test codes, "no currency") are not money and are left out.
 */
const CODES_BY_MINOR_UNIT: readonly [minorUnit: number, codes: string][] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP " +
      "COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR " +
      "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN " +
      "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
      "THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];

const MINOR_UNITS = new Map(
  CODES_BY_MINOR_UNIT.flatMap(([minorUnit, codes]) => codes.split(" ").map((code) => [code, minorUnit] as const)),
);

/**
 * Decimal places of a currency: 0 for KRW, 2 for EUR, 3 for KWD.
 * @throws FactoryChainError `currency-unknown` when ISO 4217 has no such currency now, or one without a minor unit.
 */
export function minorUnitOf(code: string): number {
  const minorUnit = MINOR_UNITS.get(code);
  if (minorUnit !== undefined) return minorUnit;
  throw new FactoryChainError("currency-unknown", `"${code.slice(0, 20)}" is no currency in use.`, {
    expected: "an ISO 4217 code in capitals, such as KRW or EUR",
    advice: "Write the currency's code into DocumentCurrencyCode and into every currencyID.",
  });
}
