// Which tests are asked first about a mutant: those that most likely notice it. The others follow if these do not.

/** Beginnings of test files' names by contract; a file that is not listed is part of many. */
const FIRST: Record<string, string[]> = {
  Amendment: ["amend"],
  DeliveryCounting: ["confirm", "replacements"],
  DeliveryReport: ["certificate", "confirm"],
  DeviceKeys: ["confirmWithDevices", "openOrder"],
  EvidencedDelivery: ["confirmWith", "payOwners"],
  GroupBook: ["certificate", "refundFrom", "closeGroup", "closing"],
  OrderAgreements: ["cancel", "amend", "creditNote"],
  OrderClaims: ["assign", "payOwners"],
  OrderClosing: ["closing", "refund", "settle"],
  OrderCreation: ["createOrder", "openOrder"],
  OrderDelivery: ["confirm", "payout", "hostile"],
  OrderDisputes: ["inspect", "callRetention", "dispute", "rule", "resolve"],
  OrderFunding: ["createOrder", "deposit", "withdraw"],
  OrderOpening: ["openOrder"],
  OrderViews: ["views"],
  PackedMembers: ["certificate", "retireMember"],
  Quorum: ["certificate"],
  RelayerGroups: ["cancelMember", "closeGroup", "enactMember", "proposeMember", "registerGroup", "retireMember"],
};

/** The test files in the order of asking: the likely ones, all others, sequences of random actions. */
export function stagesFor({ file, tests }: { file: string; tests: string[] }): string[][] {
  const names = FIRST[file.replace(/^.*\/|\.sol$/g, "")] ?? [];
  const isLikely = (test: string): boolean => names.some((name) => test.replace(/^.*\//, "").startsWith(name));
  const isRandom = (test: string): boolean => test.startsWith("test/invariant/");
  return [
    tests.filter(isLikely),
    tests.filter((test) => !isLikely(test) && !isRandom(test)),
    tests.filter(isRandom),
  ].filter((stage) => stage.length > 0);
}
