import { expect } from "chai";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { watchLiveHeap } from "../../src/relayer/liveHeap.ts";
import { until } from "../support/until.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

describe("the heap that a relayer keeps", () => {
  it("is seen after a full garbage collection, without the garbage", async () => {
    const seen: number[] = [];
    const stop = watchLiveHeap((bytes) => seen.push(bytes));
    try {
      // What is told may be of a collection before: it is looked at until it is of one since.
      const sees = (right: (bytes: number) => boolean) =>
        until(() => {
          collect();
          return seen.length > 0 && right(seen.at(-1) as number);
        });
      await sees(() => true);
      const bare = seen.at(-1) as number;
      let kept: unknown = Array.from({ length: 2_000_000 }, (_, i) => ({ i }));
      await sees((bytes) => bytes > bare + 30_000_000);
      expect(kept).to.have.length(2_000_000);
      kept = null;
      await sees((bytes) => bytes < bare + 20_000_000);
    } finally {
      stop();
    }
  });
});
