import { Option } from "commander";
import { ALGORITHMS, curveOf } from "../../formats/ecdsa.ts";
import type { Algorithm } from "../../formats/ecdsa.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { base64urlToHex, hexToBase64url, parseJwkSet } from "../../formats/jwk.ts";
import type { DeviceKey } from "../../formats/envelope.ts";
import { newPrivateJwk, publicKeyOf } from "../../formats/signEvent.ts";
import { enrolDevice } from "../../sdk/identity/enrolDevice.ts";
import { readDevices } from "../../sdk/identity/readDevices.ts";
import { readDevice } from "../../sdk/identity/readDevice.ts";
import type { Device } from "../../sdk/identity/readDevice.ts";
import { revokeDevice } from "../../sdk/identity/revokeDevice.ts";
import { findOrganisation } from "../book.ts";
import { readInput } from "../files.ts";
import { openSession } from "../session.ts";
import { formatTable } from "../table.ts";
import { withPlace } from "./context.ts";
import type { CommandContext, CommonOptions } from "./context.ts";
import { addDeviceSigning } from "./deviceSign.ts";

interface EnrolOptions extends CommonOptions {
  owner: string;
  keys?: string;
  simulated?: boolean;
  alg: Algorithm;
}

/** Ten years, in seconds: how long an enrolled key is good. */
const VALIDITY = 10 * 365 * 86_400;

/** `factorychain device` */
export function addDevice({ program, output }: CommandContext): void {
  const device = program.command("device").description("devices that see deliveries");

  withPlace(device.command("enrol"))
    .description("enrol devices of an organisation, by their public keys or as simulated ones")
    .requiredOption("--owner <organisation>", "name, identifier or id of the organisation")
    .option("--keys <jwks.json>", "public keys as a JWK Set")
    .option("--simulated", "make a key for a simulated device; it stays in the data folder")
    .addOption(
      new Option("--alg <algorithm>", "how the simulated device signs")
        .choices(ALGORITHMS)
        .default("ES256")
        .conflicts("keys"),
    )
    .action(async (options: EnrolOptions) => {
      const session = await openSession(options);
      const owner = findOrganisation({ book: session.book.read(), meant: options.owner });
      const client = session.accountOf(owner);
      const now = Math.floor(Date.now() / 1000);
      const validity = { validFrom: now - 86_400, validUntil: now + VALIDITY };
      const enrolled: string[] = [];
      for (const { key, privateJwk } of await keysOf(options)) {
        const { device } = await enrolDevice({ client, key, ...validity });
        const secret = privateJwk === undefined ? {} : { privateJwk };
        session.book.addDevice({ device, organisation: owner.organisation, ...secret });
        enrolled.push(device);
      }
      const lines = enrolled.map((id) => `${hexToBase64url(id)} belongs to ${owner.name}.`);
      output(options).result(enrolled.map(idsOf), lines.join("\n"));
    });

  addDeviceSigning({ device, output });

  withPlace(device.command("revoke <device>"))
    .description("revoke a device at once and for good")
    .action(async (meant: string, options: CommonOptions) => {
      const session = await openSession(options);
      const id = /^0x[0-9a-fA-F]{64}$/.test(meant) ? meant.toLowerCase() : base64urlToHex(meant);
      const state = id === null ? null : await readDevice({ client: session.client, device: id });
      if (id === null || state === null) throw unknown(meant);
      const owner = findOrganisation({ book: session.book.read(), meant: String(state.owner) });
      await revokeDevice({ client: session.accountOf(owner), device: id });
      output(options).result(idsOf(id), `${hexToBase64url(id)} is revoked: nothing that it signs counts any more.`);
    });

  withPlace(device.command("list"))
    .description("list all devices")
    .action(async (options: CommonOptions) => {
      const session = await openSession(options);
      const all = await readDevices({ client: session.client });
      const { devices } = session.book.read();
      const isSimulated = ({ device }: Device) =>
        devices.some((one) => one.device === device && one.privateJwk !== undefined);
      const rows = all.map((one) => [
        hexToBase64url(one.device),
        String(one.owner),
        one.curve ?? "unknown",
        new Date(one.validUntil * 1000).toISOString().slice(0, 10),
        one.revokedAt === null ? (isSimulated(one) ? "simulated" : "") : "revoked",
      ]);
      const head = ["device", "organisation", "curve", "valid until", ""];
      output(options).result(
        all.map((one) => ({ ...one, ...idsOf(one.device) })),
        formatTable({ head, rows, right: [1] }),
      );
    });
}

async function keysOf(
  options: EnrolOptions,
): Promise<{ key: DeviceKey; privateJwk?: Awaited<ReturnType<typeof newPrivateJwk>> }[]> {
  if ((options.keys === undefined) !== (options.simulated === true)) {
    throw new FactoryChainError("options-incomplete", "It is not clear which key is meant.", {
      expected: "either --keys JWKS.json or --simulated",
    });
  }
  if (options.keys !== undefined) return parseJwkSet(readInput({ file: options.keys, what: "the devices" }).toString());
  const privateJwk = await newPrivateJwk({ curve: curveOf(options.alg) });
  return [{ key: publicKeyOf(privateJwk), privateJwk }];
}

/** A device's id as chain and topics write it. */
function idsOf(device: string): { device: string; kid: string } {
  return { device, kid: hexToBase64url(device) };
}

function unknown(meant: string): FactoryChainError {
  return new FactoryChainError("device-unknown", `There is no device "${meant}".`, {
    expected: "a device id, 0x-hex or base64url",
    advice: "factorychain device list shows all.",
  });
}
