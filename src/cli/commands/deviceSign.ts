import { existsSync } from "node:fs";
import { Option } from "commander";
import type { Command } from "commander";
import { writeWhole } from "../../config/files.ts";
import type { DeviceKey } from "../../formats/envelope.ts";
import { deviceId, hexToBase64url, toPublicJwk } from "../../formats/jwk.ts";
import { newPrivateJwk, publicKeyOf } from "../../formats/signEvent.ts";
import { parseDecimal, toScaled } from "../../lib/decimal.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { deviceReportDigest, signDeviceReport } from "../../sdk/devices/signDeviceReport.ts";
import { writeDeviceKeys } from "../../sdk/devices/writeDeviceKeys.ts";
import { findDeviceKeys, lineIndex, readDeviceKeys, readSigningKey } from "../deviceKeys.ts";
import { findOrder, requireSheet } from "../orders.ts";
import { openSession } from "../session.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";

interface KeyOptions {
  curve: DeviceKey["curve"];
  out: string;
  jwks: string;
  json?: boolean;
}

interface SignOptions extends CommonOptions {
  line: string;
  quantity: string;
  from?: string;
  deviceKey: string;
  deviceKeys?: string;
}

/** `factorychain device key` and `factorychain device sign` */
export function addDeviceSigning({ device, output }: { device: Command; output: CommandContext["output"] }): void {
  device
    .command("key")
    .description("make a key with which a simulated device signs reports for the chain")
    .addOption(new Option("--curve <curve>", "curve").choices(["secp256k1", "P-256"]).default("secp256k1"))
    .requiredOption("--out <file.jwk>", "file of the private key")
    .requiredOption("--jwks <file.json>", "file of public keys, to which this one is added")
    .option("--json", "print one JSON document; everything else goes to standard error")
    .action(async (options: KeyOptions) => {
      const { curve, out, jwks } = options;
      if (existsSync(out)) throw fileExists(out);
      const known = existsSync(jwks) ? readDeviceKeys({ file: jwks }) : [];
      const jwk = await newPrivateJwk({ curve });
      const all = [...known, publicKeyOf(jwk)];
      writeDeviceKeys({ keys: all }); // of one curve
      const keys = all.map((key) => toPublicJwk({ key }));
      writeWhole(out, `${JSON.stringify(jwk, null, 2)}\n`);
      writeWhole(jwks, `${JSON.stringify({ keys }, null, 2)}\n`);
      const kid = hexToBase64url(deviceId(publicKeyOf(jwk)));
      output(options).result(
        { kid, curve, out, jwks },
        `Key ${kid} on ${curve}: private in ${out}, public in ${jwks}.`,
      );
    });

  withPlace(device.command("sign <order>"))
    .description("sign a report of an order as a device does for the chain, and print it as events carry it")
    .requiredOption("--line <id>", "line of the order")
    .requiredOption("--quantity <number>", "what the delivery adds to the line")
    .requiredOption("--device-key <file.jwk>", "the device's private key")
    .option("--from <number>", "what was delivered of the line before (default: what the chain says)")
    .option("--device-keys <jwks.json>", "the order's public keys (default: as it was created with from here)")
    .action(async (meant: string, options: SignOptions) => {
      const session = await openSession(options);
      const known = await findOrder({ session, meant });
      const { currency, order, lines } = known.order;
      const sheet = requireSheet(known);
      const line = lineIndex({ sheet, meant: options.line });
      const decimals = sheet.lines[line]?.decimals ?? 0;
      const from = options.from === undefined ? (lines[line]?.delivered ?? 0n) : scaled(options.from, decimals);
      const to = from + scaled(options.quantity, decimals);
      const keys = findDeviceKeys({ known, file: options.deviceKeys });
      const report = { deployment: session.client.deployment, currency, order, line, from, to };
      const signature = signDeviceReport({ ...report, key: readSigningKey({ file: options.deviceKey }), keys });
      const digest = deviceReportDigest(report);
      output(options).result(
        { digest, signature },
        `digest ${digest}\n"factorychain:deviceSignatures": ${JSON.stringify([signature], null, 2)}`,
      );
    });
}

function scaled(text: string, decimals: number): bigint {
  const quantity = toScaled(parseDecimal(text), decimals);
  if (quantity !== null && quantity >= 0n) return quantity;
  throw new FactoryChainError("quantity-invalid", `${text} is no quantity of the line.`, {
    expected: `a number with at most ${decimals} decimal places`,
  });
}

function fileExists(file: string): FactoryChainError {
  return new FactoryChainError("file-exists", `${file} is there already, and may hold a key that is needed.`, {
    expected: "the name of a new file",
    advice: "Choose another name, or move the file away.",
  });
}
