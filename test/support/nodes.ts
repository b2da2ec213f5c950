import { Wallet } from "ethers";
import { createProvider } from "../../src/chain/provider.ts";
import type { RpcProvider } from "../../src/chain/provider.ts";
import { startAnvil } from "./anvil.ts";
import type { Anvil } from "./anvil.ts";
import { startBesuStandIn } from "./besuStandIn.ts";
import type { BesuStandIn } from "./besuStandIn.ts";

/** A chain under test: anvil as it is, or behind the stand-in for Besu. */
export interface TestNode {
  provider: RpcProvider;
  url: string;
  anvil: Anvil;
  /** Null for plain anvil. */
  besu: BesuStandIn | null;
  mine(blocks?: number): Promise<void>;
  stop(): Promise<void>;
}

export const NODE_KINDS = ["anvil", "besu stand-in"] as const;

export async function startNode(kind: (typeof NODE_KINDS)[number], args: string[] = []): Promise<TestNode> {
  const anvil = await startAnvil(args);
  const besu = kind === "anvil" ? null : await startBesuStandIn({ anvilUrl: anvil.url });
  const url = besu?.url ?? anvil.url;
  return {
    url,
    anvil,
    besu,
    provider: createProvider({ url }),
    mine: async (blocks = 1) => void (await anvil.rpc("anvil_mine", [`0x${blocks.toString(16)}`])),
    async stop() {
      await besu?.stop();
      await anvil.stop();
    },
  };
}

/** Accounts without a balance: gas is free. */
export function newSigner(): Wallet {
  return new Wallet(Wallet.createRandom().privateKey);
}

/** Tiny contracts, as bytecode: what they do is all that a test needs of them. */
export const CODE = {
  /** Logs its calldata under its first word. */
  emitter: "0x365f5f375f35365fa100",
  /** Reverts with its calldata. */
  reverter: "0x365f5f37365ffd",
  /** Works once, then reverts with its calldata. */
  once: "0x5f5415600d57365f5f37365ffd5b60015f5500",
  /** Never ends. */
  endless: "0x5b5f56",
} as const;

/** Puts a tiny contract at an address of its own. */
export async function place(node: TestNode, name: keyof typeof CODE): Promise<string> {
  const address = Wallet.createRandom().address.toLowerCase();
  await node.anvil.rpc("anvil_setCode", [address, CODE[name]]);
  return address;
}
