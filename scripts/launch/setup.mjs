// What must be there before a command can run, each made only when it is missing or out of date.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { findNode } from "./node.mjs";
import { runNpm } from "./npm.mjs";
import { binary, root } from "./paths.mjs";
import { exitCode, runStep } from "./process.mjs";
import { LaunchError, phase } from "./report.mjs";

/** Sets up what a command needs; answers the Node to run it with, its environment and the user's folder. */
export async function setUp({ contracts }) {
  const { node, major } = await findNode();
  const env = environment(node);
  const stale = () => [dependencies(major), ...(contracts ? [builtContracts()] : [])].filter((part) => !part.isFresh());
  if (stale().length > 0) {
    await withLock(async () => {
      for (const part of stale()) await phase(part, () => part.make({ node, env }));
    });
  }
  return { node, env, here: userFolder() };
}

/** Where the user stands. npm runs its scripts in the project's folder and remembers where it was called. */
function userFolder() {
  return (process.cwd() === root && process.env.INIT_CWD) || process.cwd();
}

/** The command's environment: our Node first on PATH, and no word of Node's about what it still calls experimental. */
function environment(node) {
  const path = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const quiet = "--disable-warning=ExperimentalWarning";
  return {
    ...process.env,
    [path]: [dirname(node), process.env[path]].join(delimiter),
    NODE_OPTIONS: [process.env.NODE_OPTIONS, quiet].filter(Boolean).join(" "),
  };
}

/** The dependencies. npm empties node_modules first and we stamp it last: a killed installation is never taken for one. */
function dependencies(major) {
  const stamp = join(root, "node_modules", ".factorychain");
  const wanted = () => `${hash(["package-lock.json"])} node-${major} ${process.platform}-${process.arch}`;
  return {
    start: "installing the dependencies (the first time about a minute)",
    running: "installing the dependencies",
    done: "dependencies installed",
    isFresh: () => read(stamp) === wanted(),
    make: async ({ node, env }) => {
      const args = ["ci", "--include=dev", "--include=optional", "--prefer-offline"];
      await runNpm({ node, args, cwd: root, env, what: "The dependencies could not be installed" });
      writeFileSync(stamp, wanted());
    },
  };
}

/** The contracts' artifacts and types, which nearly all else reads. */
function builtContracts() {
  const stamp = join(root, "artifacts", ".factorychain");
  const wanted = () => hash(["package-lock.json", "hardhat.config.ts", ...files("contracts")]);
  return {
    start: "compiling the contracts",
    running: "compiling the contracts",
    done: "contracts compiled",
    isFresh: () => read(stamp) === wanted() && existsSync(join(root, "typechain-types")),
    make: async ({ node, env }) => {
      rmSync(stamp, { force: true });
      await runStep({
        file: node,
        args: [binary("hardhat"), "build", "--no-tests"],
        cwd: root,
        env,
        stdio: "quiet", // `npm run build` shows warnings; here they would come between the user and the command
        explain: (result) =>
          new LaunchError(`The contracts do not compile:\n${result.output.trim()}`, "", exitCode(result)),
      });
      writeFileSync(stamp, wanted());
    },
  };
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function files(folder) {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => `${folder}/${name}`)
    .flatMap((path) => (statSync(join(root, path)).isDirectory() ? files(path) : [path]));
}

function hash(paths) {
  const sum = createHash("sha256");
  for (const path of paths)
    sum
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  return sum.digest("hex");
}
