import { randomBytes } from "node:crypto";
import { SigningKey, Transaction, Wallet } from "ethers";
import type { TransactionLike, TransactionRequest } from "ethers";
import type { TransactionSigner } from "../../src/chain/sender.ts";

/** Order of secp256k1 (SEC 2, 2.4.1). */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * A signer whose signatures differ each time, as those of a key store in hardware may: whoever signs a nonce twice
 * gets two transactions, which a deterministic wallet would hide.
 */
export function createRandomSigner(): TransactionSigner {
  const wallet = Wallet.createRandom();
  return {
    address: wallet.address,
    async signTransaction(request: TransactionRequest) {
      const transaction = Transaction.from(request as TransactionLike);
      transaction.signature = sign(BigInt(transaction.unsignedHash), BigInt(wallet.privateKey));
      return transaction.serialized;
    },
  };
}

function sign(digest: bigint, key: bigint): { r: string; s: string; yParity: 0 | 1 } {
  const k = (BigInt(`0x${randomBytes(32).toString("hex")}`) % (N - 1n)) + 1n;
  const point = SigningKey.computePublicKey(hex(k), false);
  const r = BigInt(`0x${point.slice(4, 68)}`) % N;
  const s = (inverse(k) * (digest + r * key)) % N;
  const odd = BigInt(`0x${point.slice(68)}`) % 2n === 1n;
  const high = s > N / 2n;
  return { r: hex(r), s: hex(high ? N - s : s), yParity: odd !== high ? 1 : 0 };
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value % N, N, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return ((x % N) + N) % N;
}

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
