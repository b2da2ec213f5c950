import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../config/env.ts";
import { parseStackMessage } from "../config/stack.ts";
import type { StackMessage } from "../config/stack.ts";
import { FactoryChainError, RetryableError } from "../lib/errors.ts";

const PROGRAM = fileURLToPath(new URL("../node/main.ts", import.meta.url));
/** Longest orderly stop, in milliseconds; its children end by themselves when it is killed. */
const PATIENCE = 25_000;

type MessageOf<Type extends StackMessage["type"]> = Extract<StackMessage, { type: Type }>;

/** A stack that runs as a child process. */
export interface StackProcess {
  /** The first message of a type; rejects with the stack's error when it fails or ends before. */
  once<Type extends StackMessage["type"]>(type: Type): Promise<MessageOf<Type>>;
  /** Rejects when the stack fails or ends; never resolves. */
  failure: Promise<never>;
  /** Stops it and resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded stack. It ends with this process, however this process ends.
 *
 * @param args of `src/node/main.ts`
 * @param heard told of every message
 */
export function startStack(p: { args: readonly string[]; heard: (message: StackMessage) => void }): StackProcess {
  const child = fork(PROGRAM, p.args, {
    env: childEnvironment(),
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // A process group of its own: a terminal's Ctrl-C is ours to pass on, in our order.
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const messages: StackMessage[] = [];
  const waiting: { type: string; resolve: (message: StackMessage) => void }[] = [];
  let rejectFailure: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => (rejectFailure = reject));
  failure.catch(() => {}); // whoever waits hears of it through `once`

  child.on("message", (value) => {
    const message = parseStackMessage(value);
    messages.push(message);
    p.heard(message);
    if (message.type === "failed") rejectFailure(errorOf(message));
    for (const { type, resolve } of waiting) if (type === message.type) resolve(message);
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void ended.then(() => rejectFailure(new FactoryChainError("stack-ended", "The embedded stack ended by itself.")));
  child.once("error", rejectFailure);

  return {
    async once(type) {
      const known = messages.find((message) => message.type === type);
      const coming = new Promise<StackMessage>((resolve) => waiting.push({ type, resolve }));
      return (known ?? (await Promise.race([coming, failure]))) as MessageOf<typeof type>;
    },
    failure,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      await ended;
      clearTimeout(patience);
    },
  };
}

function errorOf(message: MessageOf<"failed">): FactoryChainError {
  const { code, message: text, expected, advice, retryable } = message;
  const details = { ...(expected === undefined ? {} : { expected }), ...(advice === undefined ? {} : { advice }) };
  return retryable ? new RetryableError(code, text, details) : new FactoryChainError(code, text, details);
}
