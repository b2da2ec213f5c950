import { interfaces } from "../../chain/contracts.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";
import { readDevice } from "./readDevice.ts";
import type { Device } from "./readDevice.ts";

export interface ReadDevicesParameters {
  client: Client;
  /** Only devices of this organisation. */
  owner?: number;
}

/**
 * Reads all devices that were ever enrolled, in the order in which they were.
 *
 * @example
 * const devices = await readDevices({ client, owner: 1 });
 */
export async function readDevices({ client, owner }: ReadDevicesParameters): Promise<Device[]> {
  const address = client.deployment.deviceRegistry;
  const events = await readEvents({ client, address, abi: interfaces.deviceRegistry, names: ["DeviceEnrolled"] });
  const wanted = events.filter(({ event }) => owner === undefined || Number(event.args["owner"]) === owner);
  const devices = await Promise.all(
    wanted.map(({ event }) => readDevice({ client, device: event.args["device"] as string })),
  );
  return devices.filter((device) => device !== null);
}
