// What the launcher says: one plain line each, on standard error.

/** Something the user can act on. It is printed without a stack trace. */
export class LaunchError extends Error {
  constructor(message, advice = "", exitCode = 1) {
    super(message);
    this.name = "LaunchError";
    this.advice = advice;
    this.exitCode = exitCode;
  }
}

export function say(text) {
  process.stderr.write(`factorychain: ${text}\n`);
}

export function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Announces a phase, keeps saying that it goes on while it is slow, and says how long it took. */
export async function phase({ start, running, done }, work) {
  const started = Date.now();
  say(start);
  const heartbeat = setInterval(() => say(`still ${running} (${seconds(started)})`), 15_000);
  try {
    const result = await work();
    say(`${done} (${seconds(started)})`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}
