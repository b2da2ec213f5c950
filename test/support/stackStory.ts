import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hexlify, Wallet } from "ethers";
import { startStack } from "../../src/cli/stackProcess.ts";
import type { StackProcess } from "../../src/cli/stackProcess.ts";
import type { Endpoints } from "../../src/config/stack.ts";
import { createClient, parseDeployment, registerOrganisation, withAccount } from "../../src/index.ts";
import type { AccountClient, OrganisationKind } from "../../src/index.ts";
import { temporaryFolder } from "../cli/run.ts";
import { story } from "./story.ts";

/** A stack with one currency for as long as a `describe` runs, and organisations that have nobody's account before. */
export function stackStory({ currency, args = [] }: { currency: string; args?: readonly string[] }) {
  const place = temporaryFolder();
  let stack: StackProcess | null = null;
  let ready: { endpoints: Endpoints; issuer: AccountClient } | null = null;

  before(async () => {
    const all = ["--data", place.folder, "--free-ports", "--currency", currency, ...args];
    stack = startStack({ args: all, heard: () => {} });
    const { endpoints } = await stack.once("ready");
    const key = readFileSync(endpoints.adminKey, "utf8").trim();
    ready = { endpoints, issuer: connect(endpoints, new Wallet(key)) };
  });
  after(async () => {
    await stack?.stop();
    place.remove();
  });

  function there() {
    if (ready === null || stack === null) throw new Error("The stack is not there yet.");
    return { ...ready, stack };
  }

  return {
    place,
    step: story(),
    there,

    /** A new account, registered as an organisation of one kind. */
    async register(kind: OrganisationKind): Promise<AccountClient> {
      const { endpoints, issuer } = there();
      const client = connect(endpoints, Wallet.createRandom());
      const profile = hexlify(randomBytes(32));
      await registerOrganisation({ client: issuer, kinds: [kind], profile, account: client.address });
      return client;
    },
  };
}

function connect(endpoints: Endpoints, wallet: { privateKey: string }): AccountClient {
  const text = readFileSync(endpoints.deployment, "utf8");
  const deployment = parseDeployment({ text, name: endpoints.deployment });
  return withAccount({
    client: createClient({ rpcUrl: endpoints.rpc, deployment }),
    wallet: new Wallet(wallet.privateKey),
  });
}
