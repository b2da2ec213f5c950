// Few rules, each there because breaking it has cost somebody a bug; all of them stay on. Layout is prettier's.
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const generated = ["node_modules/", "artifacts/", "cache/", "coverage/", "typechain-types/", ".factorychain/"];

export default defineConfig(
  globalIgnores(generated),
  {
    files: ["**/*.ts"],
    plugins: { "@typescript-eslint": tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // A promise that nobody waits for loses its error.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/only-throw-error": "error",
      // The compiler can only help where it knows the type.
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Types vanish when Node runs the file, so they are imported as types.
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/typechain-types", "**/typechain-types/**"],
              allowTypeImports: true,
              message: "Only types: the generated code does not run under plain Node. ABIs come from the artifacts.",
            },
          ],
          paths: [
            { name: "fast-check", message: "test/support/fastCheck.ts has it, with the seed of all random tests." },
          ],
        },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      eqeqeq: ["error", "smart"],
      "no-var": "error",
      "prefer-const": "error",
      "no-empty": "error",
      "no-warning-comments": "error",
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Declare the variable in src/config/env.ts and read it there." },
      ],
    },
  },
  {
    // What talks to a person prints; a library never does.
    files: ["src/cli/**", "scripts/**"],
    rules: { "no-console": "off" },
  },
  {
    // Scripts have no settings: they are told where programs are (Besu, PostgreSQL on PATH), or pass ours on.
    files: [
      "src/config/**",
      "scripts/test-besu.ts",
      "scripts/services.ts",
      "scripts/services/ports.ts",
      "scripts/solidity/program.ts",
      "scripts/tests/run.ts",
      "chaos/**",
      "bench/chains.ts",
      "test/**",
    ],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["test/support/fastCheck.ts"],
    rules: { "@typescript-eslint/no-restricted-imports": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[object.name=/^(it|describe|context)$/][property.name=/^(only|skip)$/]",
          message: "Every test runs, always.",
        },
      ],
    },
  },
);
