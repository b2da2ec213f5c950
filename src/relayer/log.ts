import pino from "pino";

/** One fixed sentence, data in fields. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** JSON lines on standard error; what a command prints on standard output stays its own. */
export function createLog(fields: object, level: "info" | "warn" | "error" = "info"): Log {
  return pino({ base: fields, level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
