import { InvalidArgumentError } from "commander";

/** A number of days, as an option. */
export function days(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError("It must be a whole number of days, up to 9999.");
  return Number(text);
}

/** Days between expiry and refund, as an option: the escrow takes 90 at most. */
export function graceDays(text: string): number {
  if (days(text) > 90) throw new InvalidArgumentError("It must be at most 90 days.");
  return days(text);
}

/** The URL of a node, as an option. */
export function rpcUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") throw new InvalidArgumentError("It must be an http or https URL.");
  return text;
}

/** The URL of a broker, as an option. */
export function mqttUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol !== "mqtt:" && protocol !== "mqtts:") throw new InvalidArgumentError("It must be an mqtt or mqtts URL.");
  return text;
}

/** The first of five ports, as an option. */
export function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1024 || number > 65_531) {
    throw new InvalidArgumentError("It must be a port from 1024 to 65531: five follow each other.");
  }
  return number;
}
