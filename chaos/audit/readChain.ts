import { Contract, Interface, JsonRpcProvider } from "ethers";
import quorum from "../../artifacts/contracts/oracle/IQuorum.sol/IQuorum.json" with { type: "json" };
import supplierEscrow from "../../artifacts/contracts/settlement/ISupplierEscrow.sol/ISupplierEscrow.json" with { type: "json" };
import currencyToken from "../../artifacts/contracts/value/ICurrencyToken.sol/ICurrencyToken.json" with { type: "json" };
import { domainOf, readCertificate } from "./certificate.ts";
import type { Certified } from "./certificate.ts";
import type { ChainFacts, Confirmation, History } from "./history.ts";

const ESCROW = new Interface([...supplierEscrow.abi, ...quorum.abi]);
const TOKEN = new Interface(currencyToken.abi);
/** Blocks asked for at once: a node may refuse more than 5,000. */
const RANGE = 4_000;

/**
 * Reads everything that the audit needs of the chain, at one block.
 *
 * @param url of a node, with no proxy before it
 * @param fromBlock of the deployment
 */
export async function readChain(p: { url: string; history: History; fromBlock: number }): Promise<ChainFacts> {
  const { history } = p;
  const provider = new JsonRpcProvider(p.url, history.chainId, { staticNetwork: true, cacheTimeout: -1 });
  try {
    const blockTag = await provider.getBlockNumber();
    const escrow = new Contract(history.escrow, ESCROW, provider);
    const token = new Contract(history.token, TOKEN, provider);
    const call = (contract: Contract, name: string, ...args: unknown[]): Promise<unknown> =>
      contract.getFunction(name)(...args, { blockTag });
    const { members, threshold } = await readGroup({ provider, escrow: history.escrow, ...p, to: blockTag });
    const delivered = new Map<string, bigint[]>();
    let funded = 0n;
    for (const { id, terms, lines } of history.orders) {
      const found = await Promise.all(lines.map((_, line) => call(escrow, "lineOf", terms, line)));
      delivered.set(
        id,
        found.map((line) => (line as { delivered: bigint }).delivered),
      );
      funded += lines.reduce((sum, { total }) => sum + total, 0n);
    }
    const suppliers = [...new Set(history.orders.map(({ terms }) => terms.supplier))];
    const holdings = new Map<string, bigint>();
    for (const supplier of suppliers) {
      const balance = (await call(token, "balanceOf", supplier)) as bigint;
      holdings.set(supplier, balance + ((await call(escrow, "creditOf", supplier)) as bigint));
    }
    return {
      ...{ members, threshold, delivered, holdings, funded },
      confirmations: await readConfirmations({ provider, ...p, to: blockTag }),
      escrowBalance: (await call(token, "balanceOf", history.escrow)) as bigint,
    };
  } finally {
    provider.destroy();
  }
}

/** The cumulative quantities alone: for whoever waits until they are where they should be. */
export async function readDelivered(p: { url: string; history: History }): Promise<Map<string, bigint[]>> {
  const { history } = p;
  const provider = new JsonRpcProvider(p.url, history.chainId, { staticNetwork: true, cacheTimeout: -1 });
  try {
    const lineOf = new Contract(history.escrow, ESCROW, provider).getFunction("lineOf");
    const read = async (order: History["orders"][number]): Promise<[string, bigint[]]> => {
      const lines = await Promise.all(order.lines.map((_, line) => lineOf(order.terms, line)));
      return [order.id, lines.map((line) => (line as { delivered: bigint }).delivered)];
    };
    return new Map(await Promise.all(history.orders.map(read)));
  } finally {
    provider.destroy();
  }
}

type Range = { provider: JsonRpcProvider; fromBlock: number; to: number };

async function logsOf(p: Range & { address: string; event: string }) {
  const { provider, address, event } = p;
  const topics = [ESCROW.getEvent(event)?.topicHash ?? ""];
  const logs = [];
  for (let fromBlock = p.fromBlock; fromBlock <= p.to; fromBlock += RANGE) {
    const toBlock = Math.min(p.to, fromBlock + RANGE - 1);
    logs.push(...(await provider.getLogs({ address, topics, fromBlock, toBlock })));
  }
  return logs.map((log) => {
    const parsed = ESCROW.parseLog(log);
    if (parsed === null) throw new Error(`A log of ${event} cannot be read.`);
    return { log, args: parsed.args };
  });
}

async function readGroup(p: Range & { escrow: string; history: History }) {
  const registered = await logsOf({ ...p, address: p.escrow, event: "GroupRegistered" });
  const own = registered.find(({ args }) => Number(args["group"]) === p.history.group);
  const members = [...((own?.args["members"] ?? []) as Iterable<string>)].map((member) => member.toLowerCase());
  return { members, threshold: Number(own?.args["threshold"] ?? 0) };
}

async function readConfirmations(p: Range & { history: History }): Promise<Confirmation[]> {
  const { provider, history } = p;
  const domain = domainOf(history);
  const known = new Map<string, Certified | null>();
  async function certificateIn(hash: string): Promise<Certified | null> {
    const found = known.get(hash);
    if (found !== undefined) return found;
    const data = (await provider.getTransaction(hash))?.data ?? "0x";
    const parsed = ESCROW.parseTransaction({ data });
    const read = parsed?.name.startsWith("confirm") === true ? readCertificate({ domain, args: parsed.args }) : null;
    known.set(hash, read);
    return read;
  }
  const confirmations: Confirmation[] = [];
  for (const { log, args } of await logsOf({ ...p, address: history.escrow, event: "DeliveryConfirmed" })) {
    const booking = args["booking"] as bigint;
    const part = (shift: bigint, bits: bigint): bigint => (booking >> shift) & ((1n << bits) - 1n);
    const [order, line, root] = [args["order"] as string, Number(part(152n, 16n)), args["root"] as string];
    const certificate = await certificateIn(log.transactionHash);
    const report = certificate?.reports.find((one) => one.order === order && one.line === line && one.root === root);
    confirmations.push({
      ...{ order, line, root, transaction: log.transactionHash },
      ...{ delivered: part(104n, 48n), earned: part(200n, 56n), paid: part(0n, 56n) },
      ...{ from: report?.from ?? -1n, to: report?.to ?? -1n },
      digest: certificate?.digest ?? "",
      group: certificate?.group ?? 0,
      signers: report === undefined ? [] : (certificate?.signers ?? []),
    });
  }
  return confirmations;
}

/** The interface of the escrow, for calldata that never got into a block. */
export const escrowInterface = ESCROW;
