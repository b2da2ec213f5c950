import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { readToken } from "../../config/files.ts";
import { FactoryChainError, withoutCredentials } from "../../lib/errors.ts";
import { askRelayer } from "../../sdk/relayers/http.ts";
import { readMessages } from "../../sdk/relayers/readMessages.ts";
import type { RelayerMessage } from "../../sdk/relayers/readMessages.ts";
import { readRefused } from "../../sdk/relayers/readRefused.ts";
import type { RefusedMessage } from "../../sdk/relayers/readRefused.ts";
import { readReadiness } from "../../sdk/relayers/readReadiness.ts";
import { readRelayerStatus } from "../../sdk/relayers/readRelayerStatus.ts";
import { rpcUrl } from "../options.ts";
import { dataFolder, findStack } from "../session.ts";
import { formatTable, shorten } from "../table.ts";
import type { CommandContext } from "./context.ts";

interface ViewOptions {
  url?: string;
  data?: string;
  json?: boolean;
}
type PageOptions = ViewOptions & { after: number; limit: number; status?: RelayerMessage["status"] };

const STATUSES = ["pending", "counted", "duplicate", "refused", "waiting"];

/** `factorychain relayer status`, `events`, `refused`, `retry` */
export function addRelayerViews({ relayer, output }: { relayer: Command; output: CommandContext["output"] }): void {
  const command = (name: string, description: string): Command =>
    relayer
      .command(name)
      .description(description)
      .option("--url <url>", "the relayer's API (default: the relayers of the running stack)", rpcUrl)
      .option("--data <folder>", "data folder of the stack (default: .factorychain)")
      .option("--json", "print one JSON document; everything else goes to standard error");
  const paged = (view: Command): Command =>
    view
      .option("--after <id>", "only messages after this one", count, 0)
      .option("--limit <n>", "at most so many", count, 50);

  command("status", "whether it does its work, and why not").action(async (options: ViewOptions) => {
    const relayers = await Promise.all(urlsOf(options).map(stateOf));
    output(options).result(relayers, relayers.map(describeState).join("\n\n"));
    if (relayers.some(({ ready }) => !ready)) process.exitCode = 75;
  });

  paged(command("events", "what it received and what became of it, in the order in which it came"))
    .addOption(new Option("--status <status>", "only what stands so").choices(STATUSES))
    .action(async (options: PageOptions) => {
      const rows = await readMessages(pageOf(options));
      output(options).result(rows, listMessages(rows, options));
    });

  paged(command("refused", "what it refused, with the reasons, the oldest that it still has first"))
    .option("--device <id>", "only of this device, 0x-hex")
    .option("--reason <code>", "only for this reason")
    .action(async (options: PageOptions & { device?: string; reason?: string }) => {
      const { device, reason } = options;
      const rows = await readRefused({ ...pageOf(options), ...(device && { device }), ...(reason && { reason }) });
      output(options).result(rows, listRefused(rows, options));
    });

  command("retry [message...]", "has what waits, or was refused for a reason that may have passed, judged again")
    .option("--token-file <file>", "file with the operator's token, where the relayer has one")
    .action(async (messages: string[], options: ViewOptions & { tokenFile?: string }) => {
      const token = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);
      const body = messages.length === 0 ? {} : { messages: messages.map(count) };
      const answers = [];
      for (const url of urlsOf(options)) {
        const { events } = (await askRelayer({ url, path: "/v1/operator/retry", body, token })) as { events: number };
        answers.push({ url, events });
      }
      const said = answers.map(({ url, events }) => `${events} events are judged again at ${withoutCredentials(url)}`);
      output(options).result(answers, said.join("\n"));
    });
}

async function stateOf(url: string) {
  const { ready, role, head, lease, reasons } = await readReadiness({ url });
  const status = await readRelayerStatus({ url }).catch(() => null);
  return {
    url,
    relayer: status?.relayer ?? null,
    ready,
    role,
    head,
    lease,
    reasons,
    messages: status?.messages ?? null,
  };
}

function describeState(state: Awaited<ReturnType<typeof stateOf>>): string {
  const { url, relayer, ready, role, head, lease, reasons, messages } = state;
  const rows = [
    ["relayer", relayer ?? "-"],
    ["API", withoutCredentials(url)],
    ["ready", ready ? "yes" : "no"],
    ["role", role],
    ["block", head === null ? "-" : `${head.number}, ${head.age} s old`],
    ["lease", lease === null ? "-" : `${lease.holder || "nobody"} (epoch ${lease.epoch})`],
    ...Object.entries(messages ?? {}).map(([name, number]) => [name, String(number)]),
    ...reasons.map(({ code, detail }) => [`not ready: ${code}`, detail]),
  ];
  return formatTable({ head: ["what", "is"], rows });
}

function listMessages(rows: readonly RelayerMessage[], { limit }: PageOptions): string {
  if (rows.length === 0) return "Nothing.";
  const table = formatTable({
    head: ["message", "event", "device", "status", "reason", "detail"],
    rows: rows.map(({ id, eventId, device, status, reason, detail }) =>
      [String(id), shorten(eventId ?? "-"), shorten(device ?? "-"), status, reason ?? "", detail ?? ""].map(printable),
    ),
    right: [0],
  });
  return withMore({ table, rows, limit });
}

function listRefused(rows: readonly RefusedMessage[], { limit }: PageOptions): string {
  if (rows.length === 0) return "Nothing.";
  const table = formatTable({
    head: ["message", "received", "event", "device", "from", "reason", "detail"],
    rows: rows.map(({ id, received, eventId, device, source, reason, detail }) =>
      [
        String(id),
        new Date(received * 1000).toISOString().replace(".000Z", "Z"),
        shorten(eventId ?? "-"),
        shorten(device ?? "-"),
        source.startsWith("http:") ? source : (source.split(":")[0] ?? ""),
        reason ?? "",
        detail ?? "",
      ].map(printable),
    ),
    right: [0],
  });
  return withMore({ table, rows, limit });
}

function withMore(p: { table: string; rows: readonly { id: number }[]; limit: number }): string {
  const last = p.rows.at(-1)?.id ?? 0;
  return p.rows.length < p.limit ? p.table : `${p.table}\nThere may be more: --after ${last}`;
}

/** What devices and peers wrote moves no cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

function pageOf(options: PageOptions): Parameters<typeof readMessages>[0] {
  const [url, ...others] = urlsOf(options);
  if (url === undefined || others.length > 0) {
    throw new FactoryChainError("relayer-unnamed", `Several relayers run: ${others.length + 1}.`, {
      expected: "one of them",
      advice: `Name it: --url ${url ?? "URL"}`,
    });
  }
  const { after, limit, status } = options;
  return { url, after, limit, ...(status === undefined ? {} : { status }) };
}

function urlsOf({ url, data }: ViewOptions): string[] {
  if (url !== undefined) return [url];
  const folder = dataFolder(data === undefined ? {} : { data });
  const urls = findStack(folder)?.relayers.map((relayer) => relayer.url) ?? [];
  if (urls.length > 0) return urls;
  throw new FactoryChainError("relayer-unnamed", `No stack runs with the data folder ${folder}.`, {
    expected: "the URL of a relayer's API, or a running stack",
    advice: "Name it with --url, or start a stack (npm start).",
  });
}

function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
