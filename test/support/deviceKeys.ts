import { id } from "ethers";
import { deviceTree } from "../../src/chain/deviceKeys.ts";
import { deviceDigest, signAsDevice } from "../../src/chain/deviceSignatures.ts";
import { OPTION_DEVICES, OPTION_P256 } from "../../src/chain/terms.ts";
import { domain } from "./relayerNetwork.ts";

export interface Statement {
  order: string;
  line?: number;
  from: number;
  to: number;
}

/** Keys of devices on one curve, of which an order demands a signature under each report; any number of strangers too. */
export function createDeviceKeys({ p256, count = 3 }: { p256: boolean; count?: number }) {
  const secretOf = (name: number | string): string => id(`device key ${String(name)}`);
  const pointOf = (name: number | string) => signAsDevice({ privateKey: secretOf(name), p256, digest: id("") });
  const tree = deviceTree(Array.from({ length: count }, (_, name) => pointOf(name)));

  /** What an event carries: the n-th key's signature, or that of a stranger with the proof of a key of the order. */
  function sign(statement: Statement, name: number | string = 0, signed: Partial<Statement> = {}) {
    const { order, line = 0, from, to } = { ...statement, ...signed };
    const delivery = { order, line, from: BigInt(from), to: BigInt(to) };
    const signature = signAsDevice({ privateKey: secretOf(name), p256, digest: deviceDigest({ domain, delivery }) });
    const proof = tree.proofOf(pointOf(typeof name === "number" ? name : 0));
    const says = { line: statement.line ?? 0, from: String(statement.from), to: String(statement.to) };
    return { ...says, ...signature, proof };
  }

  return {
    root: tree.root,
    options: OPTION_DEVICES | (p256 ? OPTION_P256 : 0),
    sign,
    /** The member of an event that carries them. */
    member: (...signatures: ReturnType<typeof sign>[]) => ({ "factorychain:deviceSignatures": signatures }),
  };
}
