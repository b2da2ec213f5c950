// As much of Solidity's syntax as the checks need.

/** The source with comments blanked and strings emptied; lines and columns stay where they were. */
export function withoutComments(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (match) =>
    match.replace(/[^\n]/g, match.startsWith("/") ? " " : "_"),
  );
}

/** Paths that a source imports, as written. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(/^import\b[^;"']*["']([^"']+)["']\s*;/gm)].map((match) => match[1] ?? "");
}

/** A function with its length in lines, from its name to its last brace. */
export interface SolidityFunction {
  name: string;
  line: number;
  lines: number;
}

/** Functions with a body: of contracts, libraries and files, constructors and modifiers too. */
export function functionsOf(source: string): SolidityFunction[] {
  const code = withoutComments(source);
  const heads = code.matchAll(/\b(?:(?:function|modifier)\s+(\w+)|(constructor|receive|fallback)\s*\()/g);
  return [...heads].flatMap((head) => {
    const open = code.slice(head.index).search(/[{;]/) + head.index;
    if (code[open] !== "{") return [];
    const line = lineOf(code, head.index);
    return [{ name: head[1] ?? head[2] ?? "", line, lines: lineOf(code, closing(code, open)) - line + 1 }];
  });
}

/** Whether a file declares a contract that can be deployed: nobody imports one across a domain's border. */
export function declaresContract(source: string): boolean {
  return /^contract\s+\w+/m.test(withoutComments(source));
}

/** Where the bracket that opens at `open` is closed. */
export function closing(code: string, open: number, brackets = "{}"): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === brackets[0]) depth++;
    if (code[at] === brackets[1] && --depth === 0) return at;
  }
  return code.length;
}

function lineOf(code: string, at: number): number {
  return code.slice(0, at).split("\n").length;
}
