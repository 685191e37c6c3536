/**
 * The rules that a trace's header names, and those of the option `--rules`.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { type CommandArguments, parseArguments, Unable } from "../../src/command/command.ts";
import { kernelRules, NEWEST_KERNEL, OLDEST_KERNEL } from "../../src/mm/rules/kernel_rules.ts";
import { rulesOf, rulesOfRelease, withPlacement } from "../../src/replay/rules.ts";
import { rulesOption, tellTakenAs } from "../../src/replay/rules_option.ts";
import { HEADER } from "../trace/samples.ts";

function parsed(...argv: string[]): CommandArguments {
  return parseArguments({
    ...{ name: "x", summary: "", usage: "", operands: [0, 0] },
    options: { rules: { help: "", value: "VERSION" } },
  }, argv);
}

Deno.test("rulesOption: a kernel's version, nothing if it is not given, a sentence if it is none", () => {
  assertEquals(rulesOption(parsed()), undefined);
  assertEquals(rulesOption(parsed("--rules", "6.1")), kernelRules("6.1"));
  assertThrows(
    () => rulesOption(parsed("--rules", "new")),
    Unable,
    "--rules takes a kernel's version",
  );
});

/** What is told of an option, and what was said. */
function told(...argv: string[]) {
  const said: string[] = [];
  const { error } = console;
  console.error = (line: string) => said.push(line);
  try {
    return { ...tellTakenAs("replay", parsed(...argv)), said };
  } finally {
    console.error = error;
  }
}

Deno.test("tellTakenAs: a kernel that the table does not reach to is told, with what it is taken as", () => {
  const than = (version: string, which: string, kernel: string) => ({
    rulesTakenAs: kernel,
    said: [
      `replay: --rules ${version} is ${which} than every kernel in the table of rules: it is taken as ${kernel}`,
    ],
  });
  assertEquals(told("--rules", "4.19.1"), than("4.19.1", "older", OLDEST_KERNEL));
  assertEquals(told("--rules", "99.0"), than("99.0", "newer", NEWEST_KERNEL));
  assertEquals(told("--rules", "6.1"), { said: [] });
  assertEquals(told(), { said: [] });
});

Deno.test("withPlacement: another word for placement, and the rule of that name where the header has rules", () => {
  assertEquals(withPlacement(HEADER, "6.7"), { ...HEADER, placement: "6.7" });
  const header = { ...HEADER, rules: { alignAnonymous: "never", alignFiles: false } };
  const placed = withPlacement(header, "6.18");
  assertEquals(placed.rules, { alignAnonymous: "multiples", alignFiles: false });
  assertEquals([rulesOf(header).alignAnonymous, rulesOf(placed).alignAnonymous], [
    "never",
    "multiples",
  ]);
});

Deno.test("rulesOfRelease: those of the release, of what does not look like one the default's", () => {
  assertEquals(rulesOfRelease("6.1.0-50-cloud-amd64"), kernelRules("6.1"));
  assertEquals(rulesOfRelease("mine"), kernelRules());
});
