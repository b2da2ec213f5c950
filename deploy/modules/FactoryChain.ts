import { buildModule } from "@nomicfoundation/ignition-core";
import type { IgnitionModuleBuilder, NamedArtifactContractDeploymentFuture } from "@nomicfoundation/ignition-core";
import { GRANTED_ROLES, GUARDED_ROLES, ROLES, WIRING, selectorOf } from "../roles.ts";
import type { GrantedRole, Wiring } from "../roles.ts";
import { Access } from "./Access.ts";
import { currencyModule } from "./Currency.ts";
import type { Currency } from "./Currency.ts";
import { Identity } from "./Identity.ts";

/** Who holds a role at first. */
export interface Grant {
  /** 0x-hex; null: the deployer. */
  account: string | null;
  /** Seconds between scheduling a call and executing it; 0: at once. */
  delay: number;
  /** Seconds until a later grant of the role counts; in force 5 days after the deployment (AccessManager's setback). */
  grantDelay: number;
}

export interface Settings {
  currencies: readonly Currency[];
  grants: Record<GrantedRole, Grant>;
  /** Seconds by which the administrator's changes to a contract's roles wait; in force 5 days after the deployment. */
  adminDelay: number;
  /** Codes of the currencies whose roles the deployer may wire; it may not when it handed over its ADMIN role. */
  wired: readonly string[];
}

/** Everything, and who may call what. Running it again deploys and calls only what is missing. */
export function factoryChainModule(settings: Settings) {
  return buildModule("FactoryChain", (m) => {
    const { accessManager } = m.useModule(Access);
    const { organisationRegistry } = m.useModule(Identity);
    const { wire, delay } = wiringOf({ m, accessManager, adminDelay: settings.adminDelay });

    wire("AccessManager", "AccessManager", accessManager);
    wire("OrganisationRegistry", "OrganisationRegistry", organisationRegistry);
    delay("OrganisationRegistry", organisationRegistry);
    for (const currency of settings.currencies) {
      const { token, escrow } = m.useModule(currencyModule(currency));
      if (!settings.wired.includes(currency.code)) continue;
      wire("CurrencyToken", `CurrencyToken_${currency.code}`, token);
      wire("SupplierEscrow", `SupplierEscrow_${currency.code}`, escrow);
      delay(`CurrencyToken_${currency.code}`, token);
      delay(`SupplierEscrow_${currency.code}`, escrow);
    }

    for (const role of [...GRANTED_ROLES, "ADMINISTRATION"] as const) {
      m.call(accessManager, "labelRole", [ROLES[role], role], { id: `label_${role}` });
    }
    for (const role of GUARDED_ROLES) {
      m.call(accessManager, "setRoleGuardian", [ROLES[role], ROLES.GUARDIAN], { id: `guard_${role}` });
    }
    for (const role of GRANTED_ROLES) {
      const { account, delay: executionDelay, grantDelay } = settings.grants[role];
      const holder = account ?? m.getAccount(0);
      const grant = m.call(accessManager, "grantRole", [ROLES[role], holder, executionDelay], { id: `grant_${role}` });
      if (grantDelay === 0) continue;
      m.call(accessManager, "setGrantDelay", [ROLES[role], grantDelay], { id: `grantDelay_${role}`, after: [grant] });
    }
    return { accessManager, organisationRegistry };
  });
}

type Contract = NamedArtifactContractDeploymentFuture<string>;

/** Calls that tell the AccessManager which role a contract's functions need, and how long a change to that waits. */
function wiringOf(p: { m: IgnitionModuleBuilder; accessManager: Contract; adminDelay: number }) {
  const { m, accessManager, adminDelay } = p;
  return {
    wire(contract: Wiring["contract"], name: string, target: Contract): void {
      for (const { role, functions } of WIRING.filter((wiring) => wiring.contract === contract)) {
        const parameters = [target, functions.map(selectorOf), ROLES[role]];
        m.call(accessManager, "setTargetFunctionRole", parameters, { id: `wire_${name}_${role}` });
      }
    },
    delay(name: string, target: Contract): void {
      if (adminDelay === 0) return;
      m.call(accessManager, "setTargetAdminDelay", [target, adminDelay], { id: `adminDelay_${name}` });
    },
  };
}
