import { id } from "ethers";

/** Role ids; the same as contracts/access/Roles.sol. */
export const ROLES = {
  ADMIN: 0,
  REGISTRAR: 1,
  RELAYER_ADMIN: 2,
  ISSUER: 3,
  GUARDIAN: 4,
  RECOVERER: 5,
  ADMINISTRATION: 6,
} as const;

export type RoleName = keyof typeof ROLES;

/** Roles that are held by an account when the system starts. ADMIN is held by whoever deploys; nobody holds ADMINISTRATION. */
export const GRANTED_ROLES = ["REGISTRAR", "RELAYER_ADMIN", "ISSUER", "GUARDIAN", "RECOVERER"] as const;
export type GrantedRole = (typeof GRANTED_ROLES)[number];

/** Roles whose scheduled calls the GUARDIAN can cancel. */
export const GUARDED_ROLES = ["REGISTRAR", "RELAYER_ADMIN", "ISSUER", "RECOVERER", "ADMINISTRATION"] as const;

/** Which role a contract's functions need. Nothing else of our contracts is restricted. */
export interface Wiring {
  contract: "AccessManager" | "OrganisationRegistry" | "CurrencyToken" | "SupplierEscrow";
  role: RoleName;
  functions: readonly string[];
}

export const WIRING: readonly Wiring[] = [
  {
    contract: "OrganisationRegistry",
    role: "REGISTRAR",
    functions: ["register(uint32,bytes32,address)", "setStatus(uint64,uint8)", "setKinds(uint64,uint32)"],
  },
  { contract: "OrganisationRegistry", role: "RECOVERER", functions: ["recoverAccount(uint64,address)"] },
  { contract: "CurrencyToken", role: "ISSUER", functions: ["mint(address,uint256)"] },
  {
    contract: "SupplierEscrow",
    role: "RELAYER_ADMIN",
    functions: ["registerGroup(address[],uint8)", "proposeMember(uint40,bytes,address)"],
  },
  {
    // A member may also retire itself: the escrow asks for the role only when somebody else does.
    contract: "SupplierEscrow",
    role: "GUARDIAN",
    functions: [
      "retireMember(uint40,bytes,uint256)",
      "cancelMember(uint40,address)",
      "closeGroup(uint40)",
      "reopenGroup(uint40)",
    ],
  },
  {
    // Only marks what the guardian can cancel; the AccessManager asks for the ADMIN role in any case. `revokeRole` is
    // missing on purpose: a guardian must not be able to stop its own removal.
    contract: "AccessManager",
    role: "ADMINISTRATION",
    functions: [
      "grantRole(uint64,address,uint32)",
      "setRoleAdmin(uint64,uint64)",
      "setRoleGuardian(uint64,uint64)",
      "setGrantDelay(uint64,uint32)",
      "setTargetFunctionRole(address,bytes4[],uint64)",
      "setTargetAdminDelay(address,uint32)",
      "setTargetClosed(address,bool)",
      "updateAuthority(address,address)",
    ],
  },
];

/** The first four bytes of a call to a function, from its signature. */
export function selectorOf(signature: string): string {
  return id(signature).slice(0, 10);
}
