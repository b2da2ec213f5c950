import { expect } from "chai";
import { currencyContracts, parseDeployment } from "../../src/chain/deployment.ts";
import { ChainError } from "../../src/chain/errors.ts";

const A = (digit: string) => `0x${digit.repeat(40)}`;
const VALID = {
  chainId: 31337,
  genesis: `0x${"Ab".repeat(32)}`,
  block: 3,
  accessManager: A("1"),
  organisationRegistry: A("2"),
  deviceRegistry: A("C"),
  currencies: { KRW: { minorUnit: 0, token: A("4"), escrow: A("5") } },
};

function failureOf(action: () => unknown): ChainError {
  try {
    action();
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

describe("deployment file", () => {
  const parse = (value: unknown) => parseDeployment({ text: JSON.stringify(value), name: "besu.json" });

  it("is read, with addresses and hashes in lower case", () => {
    const deployment = parse(VALID);
    expect(deployment).to.deep.equal({ ...VALID, genesis: VALID.genesis.toLowerCase(), deviceRegistry: A("c") });
    expect(currencyContracts({ deployment, currency: "KRW" }).escrow).to.equal(A("5"));
  });

  it("names the currencies that there are", () => {
    const deployment = parse(VALID);
    for (const currency of ["EUR", "toString"]) {
      const error = failureOf(() => currencyContracts({ deployment, currency }));
      expect(error).to.include({ code: "currency-not-deployed", expected: "KRW" });
    }
  });

  const wrong: [string, unknown, string][] = [
    ["no object", [], "the file"],
    ["no chain id", { ...VALID, chainId: undefined }, "chainId"],
    ["a chain id in text", { ...VALID, chainId: "1" }, "chainId"],
    ["a negative block", { ...VALID, block: -1 }, "block"],
    ["a short genesis", { ...VALID, genesis: "0x12" }, "genesis"],
    ["a name for an address", { ...VALID, accessManager: "manager" }, "accessManager"],
    ["no currency", { ...VALID, currencies: {} }, "currencies"],
    ["a currency in small letters", { ...VALID, currencies: { krw: VALID.currencies.KRW } }, "currencies.krw"],
    ["a currency without escrow", { ...VALID, currencies: { KRW: { minorUnit: 0, token: A("4") } } }, "KRW.escrow"],
  ];
  for (const [what, value, field] of wrong) {
    it(`is refused with ${what}`, () => {
      const error = failureOf(() => parse(value));
      expect(error.code).to.equal("deployment-invalid");
      expect(error.message).to.include("besu.json").and.to.include(field);
    });
  }

  it("is refused when it is no JSON", () => {
    expect(failureOf(() => parseDeployment({ text: "{", name: "x" })).expected).to.include("JSON");
  });
});
