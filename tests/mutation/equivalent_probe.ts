/**
 * Mutants of the probes and of the bundles that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

const SETTLED = "After a second round, or one that brought nothing new, another finds the same.";

/** By source file. */
export const PROBE: Equivalences = {
  "src/probe/probe.ts": [
    [
      "slower",
      "for (let round = 0, isNews = true; round < 2 && isNews; round++) {",
      ["&& ▸ ||", "< ▸ <=", "2 ▸ 3"],
      SETTLED,
    ],
    [
      "slower",
      "isNews = false;",
      ["isNews = false; ▸ ;", "false ▸ true"],
      SETTLED,
    ],
    [
      "slower",
      "if (probed.value === undefined || probed.value === known[name]) return;",
      ["probed.value === undefined || probed.value === known[name] ▸ false", "|| ▸ &&"],
      "A value that was assumed, or that there is not, sets no rule otherwise: a second round finds the same.",
    ],
    [
      "same",
      "return run.steps > 0;",
      ["0 ▸ 1"],
      "A run has no step, or at least those of the program's start and of the fork.",
    ],
    [
      "same",
      "const own = records.slice(at + 1).filter((each) => isOf(each, fork.child));",
      ["+ ▸ -"],
      "What stands before a fork is of the process that forks.",
    ],
  ],
  "src/release/specialise.ts": [
    [
      "same",
      "const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;",
      ["ts.isImportDeclaration(node) ▸ true"],
      "No other statement has a clause of imports.",
    ],
    [
      "same",
      "if (declaration?.initializer === undefined) return undefined;",
      ["declaration?.initializer === undefined ▸ false"],
      "What is taken apart has a value: the check is for the type checker.",
    ],
  ],
};
