import { buildModule } from "@nomicfoundation/ignition-core";
import { Access } from "./Access.ts";

/** Organisations with their accounts, and devices. */
export const Identity = buildModule("Identity", (m) => {
  const { accessManager } = m.useModule(Access);
  const organisationRegistry = m.contract("OrganisationRegistry", [accessManager]);
  const deviceRegistry = m.contract("DeviceRegistry", [organisationRegistry]);
  return { organisationRegistry, deviceRegistry };
});
