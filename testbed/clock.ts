/**
 * Loaded into a relayer before its own program (`--import`): its wall clock is as far off as the process that started it
 * says in messages `{"clock": seconds}`. What is measured, not told, by the machine (performance.now) stays right.
 */
const RealDate = Date;
let offset = 0;

class ShiftedDate extends RealDate {
  constructor(...values: [] | [string | number | Date]) {
    if (values.length === 0) super(RealDate.now() + offset);
    else super(...values);
  }
  static override now(): number {
    return RealDate.now() + offset;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
process.on("message", (message: { clock?: number }) => {
  if (typeof message.clock === "number") offset = message.clock * 1000;
});
// Listening must not keep the relayer's process from ending.
process.channel?.unref();
