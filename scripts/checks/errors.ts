// Every error that the escrow can revert with is expected, with its arguments, by some Solidity test.
import type { Check, Finding, Tree } from "./check.ts";
import { withoutComments } from "./solidity.ts";

const DOMAINS = ["contracts/settlement", "contracts/oracle"];

interface Declared {
  file: string;
  name: string;
  parameters: boolean;
}

export const errors: Check = {
  name: "errors in tests",
  run({ tree }) {
    const declared = DOMAINS.flatMap((folder) => tree.files(folder)).flatMap((file) => errorsIn(tree, file));
    const tests = tree.files("test").filter((file) => file.endsWith(".sol"));
    const text = tests.map((file) => withoutComments(tree.read(file))).join("\n");
    const findings = declared.filter((error) => !isExpected(error, text)).map(finding);
    return { findings, summary: `${declared.length} errors` };
  },
};

function errorsIn(tree: Tree, file: string): Declared[] {
  const found = withoutComments(tree.read(file)).matchAll(/^ *error (\w+)\s*\(([^)]*)\)/gm);
  return [...found].map(([, name = "", parameters = ""]) => ({ file, name, parameters: parameters.trim() !== "" }));
}

/** An error with parameters is encoded with them, be it by a name that was given to its selector; one without is named. */
function isExpected({ name, parameters }: Declared, text: string): boolean {
  const selector = String.raw`\b(?:\w+\.)?${name}\.selector`;
  if (!parameters) return new RegExp(selector).test(text);
  const aliases = [...text.matchAll(new RegExp(String.raw`\bbytes4 (\w+) = ${selector}`, "g"))].map(
    ([, alias]) => alias,
  );
  const names = [selector, ...aliases].join("|");
  return new RegExp(String.raw`encodeWithSelector\(\s*(?:${names})\s*,`).test(text);
}

function finding({ file, name }: Declared): Finding {
  return {
    file,
    what: `no test expects ${name} with its arguments`,
    limit: "each error in a test",
    todo: "vm.expectRevert(abi.encodeWithSelector(...)), or remove the error",
  };
}
