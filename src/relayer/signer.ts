import { keccak256 } from "ethers";
import type { Signature, Wallet } from "ethers";
import { signedBytes, unsignedBytes } from "../chain/legacyTransaction.ts";
import type { LegacyTransaction } from "../chain/legacyTransaction.ts";
import { compactSignature } from "../chain/terms.ts";
import { fromHex } from "../lib/hex.ts";

/** The relayer's key, wherever it is. */
export interface Signer {
  /** 0x-hex, lowercase. */
  readonly address: string;
  /**
   * Signs the keccak-256 of some bytes. Signers that keep a key outside this process hash what they sign, so they are
   * given what the digest was made of.
   *
   * @param preimage 0x-hex; of an EIP-712 digest it is 0x1901, the domain's hash, the struct's hash
   * @returns the ERC-2098 compact signature, 0x-hex
   * @throws RetryableError `signer-unreachable`
   */
  sign(preimage: string): Promise<string>;
  signTransaction(transaction: LegacyTransaction): Promise<string>;
  /**
   * Finds out whether it can sign now; a key in this process always can.
   *
   * @throws what `sign` would
   */
  check?(): Promise<void>;
}

/** A signer from its one ability. Both of what a relayer signs is the keccak-256 of bytes. */
export function createSigner(p: {
  address: string;
  /** Low-s signature of the account over the keccak-256 of some bytes. */
  signBytes: (preimage: string) => Promise<Signature>;
}): Signer {
  return {
    address: p.address.toLowerCase(),
    async sign(preimage) {
      const { r, vs } = compactSignature(await p.signBytes(preimage));
      return r + vs.slice(2);
    },
    async signTransaction(transaction) {
      return signedBytes(transaction, await p.signBytes(unsignedBytes(transaction)));
    },
  };
}

/** A signer with a key in this process. */
export function localSigner(wallet: Wallet): Signer {
  return createSigner({
    address: wallet.address,
    signBytes: (preimage) => Promise.resolve(wallet.signingKey.sign(keccak256(fromHex(preimage)))),
  });
}
