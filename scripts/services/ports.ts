import { connect, createServer } from "node:net";
import { chooseOtherPorts, PORT_RANGE, readPortRange } from "../../src/lib/choosePorts.ts";

/** Consecutive ports of the loopback interface that nobody uses now. */
export async function freePorts({ count }: { count: number }): Promise<number[]> {
  const range = readPortRange(process.env[PORT_RANGE]);
  const first = await chooseOtherPorts({ count, isFree, range });
  if (first === null) throw new Error(`${count} free ports in a row were not found on 127.0.0.1`);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Whether something takes connections at a port of the loopback interface. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", done(true)).once("error", done(false));
  });
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
