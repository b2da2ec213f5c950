/** A foreign text for a message: short, and without characters that would move a terminal's cursor. */
export function shown(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80).toWellFormed()}...` : text.toWellFormed();
  return `"${short.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?")}"`;
}
