import { diskFaults } from "./disks.ts";
import type { FaultKinds } from "./fault.ts";
import { hostileFaults } from "./hostile.ts";
import { messageFaults } from "./messages.ts";
import { processFaults } from "./processes.ts";
import { rpcFaults } from "./rpc.ts";
import { storeFaults } from "./stores.ts";
import { brokerFaults, chainFaults, peerFaults } from "./surroundings.ts";

/** Every kind of fault, by the name under which it is counted. */
export const faultKinds: FaultKinds = {
  ...processFaults,
  ...storeFaults,
  ...diskFaults,
  ...rpcFaults,
  ...peerFaults,
  ...brokerFaults,
  ...messageFaults,
  ...chainFaults,
  ...hostileFaults,
};
