import { z } from "zod";
import { FactoryChainError } from "../lib/errors.ts";

/**
 * What the embedded stack tells whoever uses it: `endpoints.json` in its data folder, and messages over IPC to the
 * process that started it. Commands know the stack by this alone.
 */
export const ENDPOINTS_FILE = "endpoints.json";
export const ADMIN_KEY_FILE = "deployer.key";
export const DEPLOYMENT_FILE = "deployment.json";

const endpointsSchema = z.object({
  /** Process of the stack; it is gone when this one is. */
  pid: z.int(),
  rpc: z.url(),
  mqtt: z.url(),
  /** Path of the deployment file. */
  deployment: z.string(),
  /** Path of the key that registers organisations and relayer groups and issues currency. */
  adminKey: z.string(),
  relayers: z.array(z.object({ address: z.string(), url: z.url() })),
  /** Id of the relayer group by currency. */
  groups: z.record(z.string(), z.int()),
});

/** Where the parts of a running stack are. */
export type Endpoints = z.infer<typeof endpointsSchema>;

const messageSchema = z.discriminatedUnion("type", [
  /** A phase of the start is over. */
  z.object({ type: z.literal("phase"), name: z.string(), seconds: z.number() }),
  /** The contracts are there: organisations can be registered while the relayers start. */
  z.object({ type: z.literal("deployed"), endpoints: endpointsSchema }),
  /** Everything is up. */
  z.object({ type: z.literal("ready"), endpoints: endpointsSchema }),
  /** All relayers were killed on purpose, after one of them got to the named point. */
  z.object({ type: z.literal("killed"), point: z.string(), relayer: z.string() }),
  /** All relayers are up again after that. */
  z.object({ type: z.literal("restarted"), seconds: z.number() }),
  /** Something went wrong that the stack can live with. */
  z.object({ type: z.literal("note"), text: z.string() }),
  /** The stack could not start, or cannot go on; it ends. */
  z.object({
    type: z.literal("failed"),
    code: z.string(),
    message: z.string(),
    expected: z.string().optional(),
    advice: z.string().optional(),
    retryable: z.boolean(),
  }),
]);

/** A message of the stack to the process that started it. */
export type StackMessage = z.infer<typeof messageSchema>;

/** Reads a message of the stack. */
export function parseStackMessage(value: unknown): StackMessage {
  return messageSchema.parse(value);
}

/**
 * Reads the text of an endpoints file.
 *
 * @throws FactoryChainError `endpoints-invalid`
 */
export function parseEndpoints(p: { text: string; name: string }): Endpoints {
  try {
    return endpointsSchema.parse(JSON.parse(p.text));
  } catch (cause) {
    throw new FactoryChainError("endpoints-invalid", `The file ${p.name} does not say where the stack is.`, {
      expected: "the file that a running stack writes",
      advice: "Stop the stack and start it again (npm start).",
      cause,
    });
  }
}
