import { readHead } from "../../chain/wire.ts";
import { readRelayerStatus } from "../../sdk/relayers/readRelayerStatus.ts";
import { openSession } from "../session.ts";
import { formatTable } from "../table.ts";
import { withPlace, withRelayers } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

/** `factorychain status` */
export function addStatus({ program, output }: CommandContext): void {
  withRelayers(withPlace(program.command("status")))
    .description("how far chain and relayers are")
    .action(async (options: CommonOptions) => {
      const session = await openSession(options);
      const { number, hash, time } = await readHead(session.client.provider);
      const relayers = await Promise.all(
        session.relayers.map(async (url) => ({ url, status: await readRelayerStatus({ url }).catch(() => null) })),
      );
      const { chainId, currencies } = session.client.deployment;
      const rows = relayers.map(({ url, status }) =>
        status === null
          ? [url, "does not answer"]
          : [url, String(status.head.number), ...Object.values(status.messages).map(String), String(status.open)],
      );
      const head = [
        "relayer",
        "block",
        "received",
        "counted",
        "duplicate",
        "refused",
        "waiting",
        "pending",
        "open batches",
      ];
      const lines = [
        `Chain ${chainId}: block ${number} of ${new Date(time * 1000).toISOString()}; ${Object.keys(currencies).join(", ")}`,
        ...(rows.length === 0 ? [] : [formatTable({ head, rows, right: [1, 2, 3, 4, 5, 6, 7, 8] })]),
      ];
      const document = { chainId, head: { number, hash, time }, currencies: Object.keys(currencies), relayers };
      output(options).result(document, lines.join("\n"));
    });
}
