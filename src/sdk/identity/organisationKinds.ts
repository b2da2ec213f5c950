/** What an organisation may be, as bits; mirrors OrganisationKinds.sol. One organisation can be several. */
export const ORGANISATION_KINDS = {
  buyer: 1,
  supplier: 2,
  merchant: 4,
  municipality: 8,
  attester: 16,
  bank: 32,
  certifier: 64,
  auditor: 128,
  "relayer-operator": 256,
} as const;

export type OrganisationKind = keyof typeof ORGANISATION_KINDS;

/** The bits of some kinds. */
export function kindsToBits(kinds: readonly OrganisationKind[]): number {
  return kinds.reduce((bits, kind) => bits | ORGANISATION_KINDS[kind], 0);
}

/** The kinds in bits; what this version does not know is left out. */
export function kindsFromBits(bits: number): OrganisationKind[] {
  return (Object.keys(ORGANISATION_KINDS) as OrganisationKind[]).filter(
    (kind) => (bits & ORGANISATION_KINDS[kind]) !== 0,
  );
}
