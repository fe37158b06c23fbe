// ESLint's recommended rules. A page's scripts share their globals: each file makes one,
// and may use those of the others.
import { readdirSync, readFileSync } from "node:fs";

import js from "@eslint/js";
import globals from "globals";

const files = readdirSync(".").filter((name) => name.endsWith(".js"));
const made = files.map((name) =>
  readFileSync(name, "utf8").match(/^const (bn\w+) =/m)?.[1]);

export default [
  js.configs.recommended,
  {
    files: ["*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: { "no-unused-vars": ["error", { vars: "local" }] },
  },
  ...files.map((name, k) => ({
    files: [name],
    languageOptions: { globals: Object.fromEntries(
      made.filter((other, i) => other && i !== k).map((other) => [other, "readonly"])) },
  })),
];
