import { ChainError } from "./errors.ts";

/** The contracts of one currency. */
export interface CurrencyContracts {
  /** Decimal places of the minor unit, ISO 4217. */
  minorUnit: number;
  token: string;
  escrow: string;
}

/** Where everything is; addresses and hashes are 0x-hex, lowercase. */
export interface Deployment {
  chainId: number;
  /** Hash of block 0: two chains may share an id. */
  genesis: string;
  /** First block that may hold events of the deployment. */
  block: number;
  accessManager: string;
  organisationRegistry: string;
  deviceRegistry: string;
  /** By ISO 4217 code. */
  currencies: Record<string, CurrencyContracts>;
}

/**
 * Reads the text of a deployment file.
 *
 * @param name what to call the file in errors
 * @throws ChainError `deployment-invalid`
 */
export function parseDeployment(p: { text: string; name: string }): Deployment {
  const value = objectOf(parseJson(p), p.name, "the file");
  const currencies = objectOf(value["currencies"], p.name, "currencies");
  if (Object.keys(currencies).length === 0) throw invalid(p.name, "currencies", "at least one currency");
  return {
    chainId: natural(value["chainId"], p.name, "chainId"),
    genesis: hex({ value: value["genesis"], bytes: 32, name: p.name, field: "genesis" }),
    block: natural(value["block"], p.name, "block"),
    accessManager: address(value["accessManager"], p.name, "accessManager"),
    organisationRegistry: address(value["organisationRegistry"], p.name, "organisationRegistry"),
    deviceRegistry: address(value["deviceRegistry"], p.name, "deviceRegistry"),
    currencies: Object.fromEntries(
      Object.entries(currencies).map(([code, contracts]) => [code, currencyOf(code, contracts, p.name)]),
    ),
  };
}

/**
 * The contracts of one currency.
 *
 * @throws ChainError `currency-not-deployed`
 */
export function currencyContracts(p: { deployment: Deployment; currency: string }): CurrencyContracts {
  const known = p.deployment.currencies;
  const contracts = Object.hasOwn(known, p.currency) ? known[p.currency] : undefined;
  if (contracts === undefined) {
    throw new ChainError("currency-not-deployed", `There is no escrow in ${p.currency} on this chain.`, {
      expected: Object.keys(p.deployment.currencies).join(", "),
      advice: "Deploy the currency, or use one that is there.",
    });
  }
  return contracts;
}

function currencyOf(code: string, value: unknown, name: string): CurrencyContracts {
  if (!/^[A-Z]{3}$/.test(code)) throw invalid(name, `currencies.${code}`, "a code of three capital letters");
  const contracts = objectOf(value, name, `currencies.${code}`);
  return {
    minorUnit: natural(contracts["minorUnit"], name, `currencies.${code}.minorUnit`),
    token: address(contracts["token"], name, `currencies.${code}.token`),
    escrow: address(contracts["escrow"], name, `currencies.${code}.escrow`),
  };
}

function parseJson(p: { text: string; name: string }): unknown {
  try {
    return JSON.parse(p.text);
  } catch {
    throw invalid(p.name, "the file", "JSON");
  }
}

function objectOf(value: unknown, name: string, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(name, field, "an object");
  return value as Record<string, unknown>;
}

function natural(value: unknown, name: string, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid(name, field, "a whole number, zero or more");
  return value as number;
}

function address(value: unknown, name: string, field: string): string {
  return hex({ value, bytes: 20, name, field });
}

function hex(p: { value: unknown; bytes: number; name: string; field: string }): string {
  if (typeof p.value !== "string" || !new RegExp(`^0x[0-9a-fA-F]{${p.bytes * 2}}$`).test(p.value)) {
    throw invalid(p.name, p.field, `0x and ${p.bytes * 2} hexadecimal digits`);
  }
  return p.value.toLowerCase();
}

function invalid(name: string, field: string, expected: string): ChainError {
  return new ChainError("deployment-invalid", `The deployment ${name} cannot be used: ${field} is wrong.`, {
    expected: `${field}: ${expected}`,
    advice: "Deploy again (npm run deploy), which writes the file anew; do not edit it.",
  });
}
