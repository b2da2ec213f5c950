import { readHead } from "../../../chain/wire.ts";
import type { Client } from "../../../sdk/client.ts";

/**
 * Takes the embedded chain's clock forward to a time, seconds since 1970. Only a chain of one's own does that: its blocks
 * come at the new time from then on.
 */
export async function passTo(p: { client: Client; time: number }): Promise<void> {
  const { provider } = p.client;
  const { time } = await readHead(provider);
  if (p.time > time) await provider.send("evm_increaseTime", [p.time - time]);
  await provider.send("evm_mine", []);
}
