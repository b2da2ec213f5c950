import { Option } from "commander";
import type { SheetLine } from "../../formats/orderSheet.ts";
import { parseRecordedStream } from "../../formats/recordedStream.ts";
import type { RecordedMessage } from "../../formats/recordedStream.ts";
import { MESSAGE_FORMS } from "../../formats/signEvent.ts";
import type { MessageForm, PrivateJwk } from "../../formats/signEvent.ts";
import { parseDecimal, toScaled } from "../../lib/decimal.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { readMessages } from "../../sdk/relayers/readMessages.ts";
import type { RelayerMessage } from "../../sdk/relayers/readMessages.ts";
import { readOrganisation } from "../../sdk/identity/readOrganisation.ts";
import { requireTopics } from "../demo/documents.ts";
import { untilSettled, untilThere } from "../demo/watch.ts";
import { createReportSigner, lineIndex } from "../deviceKeys.ts";
import { readInput } from "../files.ts";
import { catchSignals } from "../interrupt.ts";
import { findOrder, requireSheet } from "../orders.ts";
import { publishMessages } from "../publish.ts";
import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { planDeliveries, simulateMessage } from "../simulate.ts";
import type { SimulatedDelivery } from "../simulate.ts";
import { formatTable } from "../table.ts";
import { withPlace, withRelayers } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface DeliverOptions extends CommonOptions {
  events?: string;
  line?: string;
  quantity?: string;
  envelope: MessageForm;
  deviceKey?: string;
  deviceKeys?: string;
  wait: boolean;
}

/** `factorychain deliver` */
export function addDeliver({ program, output }: CommandContext): void {
  withRelayers(withPlace(program.command("deliver [order]")))
    .description("send what devices saw: a file of signed events, or deliveries that a simulated device signs")
    .option("--events <file.jsonl>", "publish these recorded messages")
    .option("--line <id>", "line that a simulated device delivers (default: the whole order, in parts)")
    .option("--quantity <number>", "quantity of that line")
    .addOption(
      new Option("--envelope <form>", "how a simulated device writes: JSON in a JWS, JSON or CBOR in COSE_Sign1")
        .choices(MESSAGE_FORMS)
        .default("jws")
        .conflicts("events"),
    )
    .option("--device-key <file.jwk>", "sign each report for the chain too, as the order demands")
    .option("--device-keys <jwks.json>", "the order's public keys (default: as it was created with from here)")
    .option("--no-wait", "do not wait for the relayers' verdicts")
    .action(async (meant: string | undefined, options: DeliverOptions) => {
      const session = await openSession(options);
      const messages = await messagesOf({ session, meant, options });
      const signals = catchSignals();
      const { relayers } = session;
      const { signal } = signals;
      try {
        const before = await Promise.all(relayers.map(async (url) => (await readMessages({ url })).at(-1)?.id ?? 0));
        const received = await countReceived(relayers);
        if (options.wait) await untilThere({ provider: session.client.provider, relayers, signal });
        await publishMessages({ url: session.mqtt(), messages, pace: 0, signal });
        if (options.wait)
          await untilSettled({ relayers, sent: received + messages.length, look: async () => {}, signal });
        const url = relayers[0];
        const verdicts = url === undefined || !options.wait ? [] : await readMessages({ url, after: before[0] ?? 0 });
        output(options).result({ sent: messages.length, verdicts }, textOf(messages.length, verdicts));
      } finally {
        signals.release();
      }
    });
}

/** What the relayer that has least received by now. */
async function countReceived(relayers: readonly string[]): Promise<number> {
  const counts = await Promise.all(relayers.map(async (url) => (await readMessages({ url })).length));
  return Math.min(...counts, Infinity) === Infinity ? 0 : Math.min(...counts);
}

async function messagesOf(p: {
  session: Session;
  meant: string | undefined;
  options: DeliverOptions;
}): Promise<RecordedMessage[]> {
  const { session, meant, options } = p;
  if ((options.events === undefined) === (meant === undefined)) {
    throw new FactoryChainError("options-incomplete", "It is not clear what is to be delivered.", {
      expected: "either an order's number or id, or --events FILE.jsonl",
    });
  }
  if (options.events !== undefined) {
    const messages = parseRecordedStream(readInput({ file: options.events, what: "the recorded stream" }).toString());
    requireTopics(messages);
    return messages;
  }
  const known = await findOrder({ session, meant: meant ?? "" });
  const sheet = requireSheet(known);
  const buyer = await readOrganisation({ client: session.client, organisation: known.order.terms.buyer });
  const device = deviceOf({ session, organisation: buyer?.organisation ?? 0 });
  const time = Math.floor(Date.now() / 1000);
  const sign = createReportSigner({ session, known, device, ...options });
  // What a device signed leads on from what is confirmed: one part of a line at a time.
  const most = sign === null ? undefined : 1;
  const plan = options.line === undefined ? planDeliveries(sheet, most) : [partOf({ sheet, options })];
  const order = known.order.order;
  return await Promise.all(
    plan.map((delivery) =>
      simulateMessage({
        device,
        order,
        delivery,
        time,
        form: options.envelope,
        ...(sign && { deviceSignatures: [sign(delivery)] }),
      }),
    ),
  );
}

function partOf(p: { sheet: ReturnType<typeof requireSheet>; options: DeliverOptions }): SimulatedDelivery {
  const index = lineIndex({ sheet: p.sheet, meant: p.options.line ?? "" });
  const line = p.sheet.lines[index] as SheetLine;
  const quantity = toScaled(parseDecimal(p.options.quantity ?? ""), line.decimals);
  if (quantity !== null && quantity > 0n) return { line, quantity };
  throw new FactoryChainError("quantity-invalid", `${p.options.quantity ?? ""} is no quantity of line ${line.id}.`, {
    expected: `a number above zero with at most ${line.decimals} decimal places`,
  });
}

function deviceOf(p: { session: Session; organisation: number }): PrivateJwk {
  const { devices } = p.session.book.read();
  const found = devices.findLast(
    ({ organisation, privateJwk }) => organisation === p.organisation && privateJwk !== undefined,
  );
  if (found?.privateJwk !== undefined) return found.privateJwk;
  throw new FactoryChainError("device-missing", `The buyer, organisation ${p.organisation}, has no simulated device.`, {
    expected: "a simulated device of the buyer: its word is what counts",
    advice: `factorychain device enrol --owner ${p.organisation} --simulated`,
  });
}

function textOf(sent: number, verdicts: readonly RelayerMessage[]): string {
  const rows = verdicts.map(({ eventId, status, reason, detail }) => [
    eventId ?? "-",
    status,
    reason ?? "",
    detail ?? "",
  ]);
  const table = rows.length === 0 ? "" : `\n${formatTable({ head: ["event", "status", "reason", ""], rows })}`;
  return `${sent} message${sent === 1 ? "" : "s"} sent.${table}`;
}
