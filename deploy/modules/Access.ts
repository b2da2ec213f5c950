import { buildModule } from "@nomicfoundation/ignition-core";

/** The one authority. The deployer begins as its administrator, without a delay. */
export const Access = buildModule("Access", (m) => {
  const accessManager = m.contract("AccessManager", [m.getAccount(0)]);
  return { accessManager };
});
