import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** The line between devices and the broker. */
export interface Link {
  port: number;
  /** Cuts every connection that is open. @returns how many there were */
  cut(): number;
  /** For so long messages reach the broker, and nothing comes back; then the connections are cut. */
  deafen(milliseconds: number): Promise<number>;
  stop(): Promise<void>;
}

/** @param target port of the broker on this machine */
export async function openLink(p: { target: number }): Promise<Link> {
  const open = new Set<Socket>();
  let deaf = false;
  const server = createServer((near) => {
    const far = connect(p.target, "127.0.0.1");
    open.add(near);
    const end = (): void => {
      open.delete(near);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    near.on("data", (bytes: Buffer) => far.write(bytes));
    far.on("data", (bytes: Buffer) => {
      if (!deaf) near.write(bytes);
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const link: Link = {
    port: (server.address() as AddressInfo).port,
    cut() {
      const count = open.size;
      for (const socket of open) socket.destroy();
      return count;
    },
    async deafen(milliseconds) {
      deaf = true;
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      const count = link.cut();
      deaf = false;
      return count;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      link.cut();
      await closed;
    },
  };
  return link;
}
