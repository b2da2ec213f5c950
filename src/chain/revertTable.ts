/** How an error of a contract reads to a person. `{name}` stands for a figure, `{name:time}` for one as a date. */
export interface RevertText {
  message: string;
  expected?: string;
  advice: string;
}

/** The errors of relayer groups, registries and currency, by their signature. A test compares it with the contracts. */
export const OWN_REVERTS: Readonly<Record<string, RevertText>> = {
  "QuorumSize(uint256 members, uint256 threshold)": {
    message: "A group of {members} with a threshold of {threshold} is impossible.",
    expected: "1 to 32 members and a threshold from 1 to their number",
    advice: "Correct the list of members or the threshold.",
  },
  "QuorumMemberNotRelayer(address member)": {
    message: "{member} belongs to no active organisation that operates relayers.",
    expected: "accounts of active organisations of the kind relayer operator",
    advice: "Register the organisation, or give it that kind, before you make the group.",
  },
  "QuorumOrganisationTwice(uint256 organisation)": {
    message: "Organisation {organisation} would be in the group twice.",
    expected: "members of distinct organisations",
    advice: "Take one account of each organisation.",
  },
  "QuorumUnknownGroup(uint40 group)": {
    message: "Group {group} is not registered with these members.",
    expected: "the members in the order in which they were registered and added",
    advice: "Check the group's id and its members on this escrow.",
  },
  "QuorumMemberIndex(uint256 index, uint256 members)": {
    message: "The group has no member {index}; it has {members}, counted from 0.",
    expected: "the member's place in the group's list",
    advice: "Look the member up in the list of the group's latest MemberAdded or GroupRegistered.",
  },
  "QuorumMemberRetired(address member)": {
    message: "{member} is retired already.",
    expected: "a member that still signs",
    advice: "Nothing is to be done: its signatures do not count.",
  },
  "QuorumMemberAlready(address member)": {
    message: "{member} is in the group's list already.",
    expected: "an account that was never a member; a retired one does not come back",
    advice: "Give the relayer a new key, and announce the account of that one.",
  },
  "QuorumMemberLeft(address member)": {
    message: "The live member {member} belongs to no organisation any more.",
    expected: "live members whose organisations are known, so that none is in the group twice",
    advice: "Retire that member, or have its organisation add the account again.",
  },
  "QuorumNotProposed(uint40 group, address member)": {
    message: "{member} was not announced as a member of group {group}.",
    expected: "an announced account that is neither enacted nor cancelled",
    advice: "Check the group and the account, or announce it.",
  },
  "QuorumTooEarly(uint256 now_, uint256 from)": {
    message: "The member can join from {from:time} on; the chain's time is {now_:time}.",
    expected: "a call after 7 days of announcement",
    advice: "Wait until then; the guardian can cancel in the meantime.",
  },
  "QuorumGroupClosed(uint40 group)": {
    message: "Group {group} takes no new orders.",
    expected: "a group that is not closed",
    advice: "Name another group in the terms, or wait until the guardian opens it again; open orders go on.",
  },
  "QuorumGroupNotClosed(uint40 group)": {
    message: "Group {group} takes new orders already.",
    expected: "a closed group",
    advice: "Check the group's id.",
  },
  "QuorumTooFew(uint256 signatures, uint256 threshold)": {
    message: "{signatures} live members signed, {threshold} are needed.",
    expected: "at least {threshold} signatures of members that are not retired",
    advice: "Collect more signatures.",
  },
  "QuorumBitmap(uint32 signers, uint256 signatures, uint256 members)": {
    message: "The bitmap {signers} does not fit {signatures} signatures of {members} members.",
    expected: "one bit per signature, and no bit beyond the members",
    advice: "Build the certificate anew from the members' signatures.",
  },
  "QuorumSignature(address expected, address recovered)": {
    message: "A signature is by {recovered}, not by member {expected}.",
    expected: "the members' signatures over this very batch, in the order of the bitmap",
    advice: "Check that all sign for the same chain, escrow and batch.",
  },
  "QuorumExpired(uint256 blockTime, uint256 now_)": {
    message: "The certificate was judged at {blockTime:time} and is dead at {now_:time}.",
    expected: "a certificate that is at most 300 s old",
    advice: "Nothing is lost: the deliveries are proposed again.",
  },
  "OrganisationUnknown(uint64 organisation)": {
    message: "No organisation has the id {organisation}.",
    expected: "the id of a registered organisation",
    advice: "Check the id.",
  },
  "OrganisationCallerNotMember(address caller)": {
    message: "{caller} belongs to no active organisation.",
    expected: "an account of an active organisation",
    advice: "Sign with an account of the organisation, or have it registered.",
  },
  "OrganisationAccountTaken(address account, uint64 organisation)": {
    message: "{account} belongs to organisation {organisation} already.",
    expected: "an account that belongs to none",
    advice: "Take another account, or remove it there first.",
  },
  "OrganisationAccountForeign(address account, uint64 organisation)": {
    message: "{account} is not of the caller's organisation, it is of {organisation}.",
    expected: "an account of the caller's own organisation",
    advice: "Check the account.",
  },
  "OrganisationAccountZero()": {
    message: "The zero address cannot be an organisation's account.",
    expected: "an account that somebody holds the key of",
    advice: "Name the account.",
  },
  "OrganisationLastAccount(uint64 organisation)": {
    message: "It is the last account of organisation {organisation}.",
    expected: "at least one account that stays",
    advice: "Add another account first.",
  },
  "OrganisationConsent(address account, uint256 deadline)": {
    message: "{account} has not agreed to join, or not until {deadline:time}.",
    expected: "the account's own signature, before its deadline",
    advice: "Have the new account sign again, for this chain and organisation.",
  },
  "OrganisationStatus(uint8 got, uint8 present)": {
    message: "The organisation is {present:organisationStatus}; it cannot become {got:organisationStatus} from there.",
    expected: "active or suspended, and another status than it has",
    advice: "Look at its status first.",
  },
  "DeviceCallerNotOwner(address caller, uint64 owner)": {
    message: "{caller} does not act for the device's owner, organisation {owner}.",
    expected: "an account of an active organisation that owns the device",
    advice: "Sign with an account of the owner.",
  },
  "DeviceExists(bytes32 device, uint64 owner)": {
    message: "Device {device} is enrolled already, for organisation {owner}.",
    expected: "a key that was never enrolled",
    advice: "Give the device a new key, or use it as it is.",
  },
  "DeviceNotLive(bytes32 device)": {
    message: "Device {device} is not enrolled, or revoked.",
    expected: "a device that is enrolled and not revoked",
    advice: "Check the id; a revoked key stays revoked, enrol a new one.",
  },
  "DeviceKey(uint8 curve, bytes32 x, bytes32 y)": {
    message: "({x}, {y}) is no public key on curve {curve:curve}.",
    expected: "a point on P-256 or secp256k1",
    advice: "Check the curve and the coordinates of the JWK.",
  },
  "DeviceValidity(uint40 validFrom, uint40 validUntil)": {
    message: "A validity from {validFrom:time} until {validUntil:time} is empty.",
    expected: "a beginning before the end",
    advice: "Correct the dates.",
  },
  "CurrencyCode(string code)": {
    message: "{code} is no currency code.",
    expected: "three capital letters of ISO 4217",
    advice: "Correct the code.",
  },
  "CurrencyMinorUnit(uint8 decimals)": {
    message: "No currency has {decimals} decimal places.",
    expected: "the minor unit of ISO 4217",
    advice: "Take the currency's minor unit from ISO 4217: 0 for the won, 2 for most.",
  },
};
