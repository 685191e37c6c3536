import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type CommandSpecification,
  execute,
  helpText,
  parseArguments,
  Unable,
} from "../../src/command/command.ts";

const SAMPLE: CommandSpecification = {
  name: "sample",
  summary: "Does something to files.",
  usage: "[options] FILE… -- COMMAND…",
  options: {
    out: { help: "where to", value: "FILE" },
    rounds: { help: "how often", value: "N" },
    why: { help: "an address to explain", value: "ADDRESS", many: true },
    json: { help: "print JSON" },
  },
};

Deno.test("parseArguments: options, operands and what stands behind -- are kept apart", () => {
  const args = parseArguments(SAMPLE, ["--out", "x", "a", "--json", "b", "--", "ls", "--out", "y"]);
  assertEquals(args.text("out"), "x");
  assertEquals(args.has("json"), true);
  assertEquals(args.has("rounds"), false);
  assertEquals(args.operands, ["a", "b"]);
  assertEquals(args.rest, ["ls", "--out", "y"]);
});

Deno.test("parseArguments: a repeated option keeps every value, text() gives the last", () => {
  const args = parseArguments(SAMPLE, ["--why", "0x1", "--why=0x2"]);
  assertEquals(args.texts("why"), ["0x1", "0x2"]);
  assertEquals(args.text("why"), "0x2");
  assertEquals(args.texts("out"), []);
});

Deno.test("parseArguments: an unknown option is one sentence that names it", () => {
  assertThrows(() => parseArguments(SAMPLE, ["--colour"]), Unable, "Unknown option --colour");
});

Deno.test("parseArguments: an option without its value is refused", () => {
  assertThrows(() => parseArguments(SAMPLE, ["--out"]), Unable, "--out needs a value: FILE");
  assertThrows(() => parseArguments(SAMPLE, ["--out", "--json"]), Unable, "--out needs a value");
});

Deno.test("CommandArguments.integer: only whole numbers from the minimum on", () => {
  assertEquals(parseArguments(SAMPLE, ["--rounds", "12"]).integer("rounds"), 12);
  assertEquals(parseArguments(SAMPLE, []).integer("rounds"), undefined);
  for (const text of ["1.5", "-1", "x", "0", "99999999999999999999"]) {
    const args = parseArguments(SAMPLE, [`--rounds=${text}`]);
    assertThrows(() => args.integer("rounds", 1), Unable, "--rounds takes a whole number");
  }
});

Deno.test("CommandArguments.choice: one of the choices or an error that lists them", () => {
  const args = parseArguments(SAMPLE, ["--out", "b"]);
  assertEquals(args.choice("out", ["a", "b"]), "b");
  assertThrows(() => args.choice("out", ["x", "y"]), Unable, '--out takes x, y, not "b"');
});

Deno.test("helpText: names the task and every option with its value", () => {
  const text = helpText(SAMPLE);
  assertStringIncludes(text, "Usage: deno task sample [options] FILE… -- COMMAND…");
  for (const part of ["--out FILE", "--json", "--help", "(may be repeated)"]) {
    assertStringIncludes(text, part);
  }
});

/** Runs a command with the console caught. */
async function caught(argv: string[], main: () => number): Promise<[number, string, unknown]> {
  const { log, error } = console;
  let out = "", err: unknown = undefined;
  console.log = (text: string) => out += text;
  console.error = (text: unknown) => err = text;
  try {
    return [await execute(SAMPLE, main, argv), out, err];
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("execute: --help prints the help, exits 0 and does not run the command", async () => {
  const [status, out] = await caught(["--help"], () => 7);
  assertEquals(status, 0);
  assertStringIncludes(out, "Does something to files.");
});

Deno.test("execute: the number that main returns is the exit status", async () => {
  assertEquals(await caught([], () => 1), [1, "", undefined]);
});

Deno.test("execute: an unknown option is one sentence and exit 2", async () => {
  const [status, , err] = await caught(["--colour"], () => 0);
  assertEquals([status, err], [2, "sample: Unknown option --colour; see --help"]);
});

Deno.test("execute: an Unable is one sentence and exit 2", async () => {
  const [status, , err] = await caught([], () => {
    throw new Unable("No such file: x");
  });
  assertEquals([status, err], [2, "sample: No such file: x"]);
});

Deno.test("execute: an unforeseen error is shown whole and exits 2", async () => {
  const fault = new TypeError("x is undefined");
  const [status, , err] = await caught([], () => {
    throw fault;
  });
  assertEquals([status, err], [2, fault]);
});
