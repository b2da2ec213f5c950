// Imported before a relayer's own code, with the name of a breakage behind the question mark.
import { registerHooks } from "node:module";
import { BREAKAGES } from "./broken.ts";

const { changes = [] } = BREAKAGES[new URL(import.meta.url).search.slice(1)] ?? {};

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const here = changes.filter(({ file }) => url.endsWith(`/${file}`));
    if (here.length === 0) return loaded;
    const text = Buffer.from(loaded.source as Uint8Array).toString("utf8");
    const source = here.reduce((all, { code, without }) => {
      if (!all.includes(code)) throw new Error(`There is no ${code} in ${url}.`);
      return all.replace(code, without);
    }, text);
    return { ...loaded, source };
  },
});
