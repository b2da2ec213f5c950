import { buildModule } from "@nomicfoundation/ignition-core";
import { Access } from "./Access.ts";
import { Identity } from "./Identity.ts";

/** An ISO 4217 currency. */
export interface Currency {
  code: string;
  /** Decimal places. */
  minorUnit: number;
}

/** The contracts of one currency: its token, and the escrow that holds it. */
export function currencyModule({ code, minorUnit }: Currency) {
  return buildModule(`Currency_${code}`, (m) => {
    const { accessManager } = m.useModule(Access);
    const { organisationRegistry } = m.useModule(Identity);
    const token = m.contract("CurrencyToken", [accessManager, `FactoryChain ${code}`, code, minorUnit]);
    const actions = m.contract("OrderActions", [token, accessManager]);
    const services = m.contract("OrderServices", [token, accessManager, organisationRegistry, actions]);
    const escrow = m.contract("SupplierEscrow", [token, accessManager, services]);
    return { token, escrow };
  });
}
