import { Wallet } from "ethers";
import type { Endpoints } from "../../../config/stack.ts";
import { newPrivateJwk, publicKeyOf } from "../../../formats/signEvent.ts";
import type { PrivateJwk } from "../../../formats/signEvent.ts";
import type { Client } from "../../../sdk/client.ts";
import { mintCurrency } from "../../../sdk/value/mintCurrency.ts";
import { readBalance } from "../../../sdk/value/readBalance.ts";
import { formatMoney } from "../../table.ts";
import { enrolDevices, foundParty } from "../parties.ts";
import type { FoundedParty } from "../parties.ts";
import { connect } from "../run.ts";
import type { Step } from "../timeline.ts";
import { CLAIMS, CURRENCY, TOTAL } from "./agreement.ts";

/** Who has money in the scenario, from the buyer down. */
export const ROLES = ["buyer", "supplier", "tier2", "tier3", "bank"] as const;
export type Role = (typeof ROLES)[number];

const NAMES: Record<Role, string> = {
  buyer: "Hanbit Motors (buyer)",
  supplier: "Dongjin Castings (tier 1)",
  tier2: "Saemi Machining (tier 2)",
  tier3: "Ondo Tooling (tier 3)",
  bank: "Garam Bank",
};

export interface Cast {
  client: Client;
  parties: Record<Role, FoundedParty>;
  /** Rules on disputes, in theory. */
  arbiter: string;
  /** The scale at the buyer's gate. */
  device: PrivateJwk;
}

/** Registers the parties and the buyer's device, and gives buyer and bank their money. */
export async function findCast(p: { endpoints: Endpoints; step: (step: Step) => void }): Promise<Cast> {
  const { client, admin } = connect(p.endpoints);
  const { step } = p;
  const found = (role: Role) =>
    foundParty({
      admin,
      client,
      name: NAMES[role],
      kind: role === "buyer" || role === "bank" ? role : "supplier",
      step,
    });
  const [buyer, supplier, tier2, tier3, bank] = await Promise.all([
    found("buyer"),
    found("supplier"),
    found("tier2"),
    found("tier3"),
    found("bank"),
  ]);
  const device = await newPrivateJwk();
  const issue = async ({ name, client: { address } }: FoundedParty, amount: bigint) => {
    const transaction = await mintCurrency({ client: admin, currency: CURRENCY, to: address, amount });
    step({ what: `${formatMoney({ amount, currency: CURRENCY, minorUnit: 0 })} issued to ${name}`, transaction });
  };
  await Promise.all([
    enrolDevices({ devices: [{ key: publicKeyOf(device), owner: buyer }], step }),
    issue(buyer, TOTAL),
    issue(bank, CLAIMS.price),
  ]);
  const arbiter = Wallet.createRandom().address.toLowerCase();
  return { client, parties: { buyer, supplier, tier2, tier3, bank }, arbiter, device };
}

/** What everybody has, and the escrow. */
export type Purses = Record<Role | "escrow", bigint>;

export async function readPurses({ cast, escrow }: { cast: Cast; escrow: string }): Promise<Purses> {
  const read = (account: string) => readBalance({ client: cast.client, currency: CURRENCY, account });
  const amounts = await Promise.all([...ROLES.map((role) => read(cast.parties[role].client.address)), read(escrow)]);
  const [buyer = 0n, supplier = 0n, tier2 = 0n, tier3 = 0n, bank = 0n, held = 0n] = amounts;
  return { buyer, supplier, tier2, tier3, bank, escrow: held };
}
