import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type CommandSpecification,
  execute,
  helpText,
  parseArguments,
  Unable,
} from "../../src/command/command.ts";
import { Interrupted } from "../../src/command/signals.ts";

const SAMPLE: CommandSpecification = {
  name: "sample",
  summary: "Does something to files.",
  usage: "[options] FILE… -- COMMAND…",
  operands: [0, 3],
  takesCommand: true,
  options: {
    out: { help: "where to", value: "FILE" },
    rounds: { help: "how often", value: "N" },
    why: { help: "an address to explain", value: "ADDRESS", many: true },
    json: { help: "print JSON" },
  },
};

Deno.test("parseArguments: options, operands and what follows -- are kept apart", () => {
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

Deno.test("parseArguments: operands are texts, whatever they look like", () => {
  const texts = ["2508e63", "0012345", "0x10", "1e3"].slice(1);
  assertEquals(parseArguments(SAMPLE, texts).operands, texts);
  assertEquals(parseArguments(SAMPLE, ["2508e63"]).operands, ["2508e63"]);
  assertEquals(parseArguments(SAMPLE, ["--", "007"]).rest, ["007"]);
  assertEquals(parseArguments(SAMPLE, ["--out", "0010"]).text("out"), "0010");
});

Deno.test("parseArguments: too many operands, and too few, are one sentence", () => {
  const many = () => parseArguments(SAMPLE, ["a", "b", "c", "d"]);
  assertThrows(many, Unable, 'Too many operands: "d"; the command goes after --; see --help');
  const one: CommandSpecification = { ...SAMPLE, operands: [1, 1], takesCommand: false };
  assertThrows(() => parseArguments(one, []), Unable, "Too few operands: it takes [options] FILE…");
  assertThrows(() => parseArguments(one, ["a", "--", "b"]), Unable, 'Too many operands: "b"');
  assertEquals(parseArguments(one, ["--", "--strange"]).operands, ["--strange"]);
  assertEquals(parseArguments(one, ["--help"]).has("help"), true);
});

Deno.test("parseArguments: an unknown option is one sentence that names it", () => {
  // Names that the parser, or JavaScript, has for itself.
  for (
    const name of ["--_", "--_=x", "-_", "--_.x", "--__proto__", "--constructor", "--toString"]
  ) {
    assertThrows(() => parseArguments(SAMPLE, [name, "a"]), Unable, "Unknown option", name);
  }
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

Deno.test("CommandArguments.integer: from 0 on unless it is said otherwise, and no other notation", () => {
  const integer = (text: string, minimum?: number) =>
    parseArguments(SAMPLE, [`--rounds=${text}`]).integer("rounds", minimum);
  assertEquals(integer("0"), 0);
  assertEquals(integer("3", 3), 3);
  for (const text of ["0x10", "1e3", "", " 1", "-0"]) {
    assertThrows(() => integer(text), Unable, text === "" ? "--rounds needs a value" : "not");
  }
  assertThrows(() => integer("2", 3), Unable, "of at least 3");
});

Deno.test("CommandArguments.choice: nothing where the option was not given", () => {
  assertEquals(parseArguments(SAMPLE, []).choice("out", ["a"]), undefined);
});

Deno.test("CommandArguments.choice: one of the choices or an error that lists them", () => {
  const args = parseArguments(SAMPLE, ["--out", "b"]);
  assertEquals(args.choice("out", ["a", "b"]), "b");
  assertThrows(() => args.choice("out", ["x", "y"]), Unable, '--out takes x, y, not "b"');
});

Deno.test("helpText: the whole text, repeated options marked, details at the end", () => {
  const base = { name: "x", summary: "Does x.", usage: "FILE", operands: [1, 1] } as const;
  const options = {
    out: { help: "where to", value: "FILE" },
    at: { help: "where", value: "A", many: true },
  };
  const rows = [
    "Does x.",
    "",
    "Usage: deno task x FILE",
    "",
    "  --out FILE  where to",
    "  --at A      where (may be repeated)",
    "  --help      print this text",
  ];
  assertEquals(helpText({ ...base, options }), rows.join("\n"));
  assertEquals(helpText({ ...base, options, details: "More." }), [...rows, "", "More."].join("\n"));
});

Deno.test("parseArguments: an option that cannot be one is shown in quotes", () => {
  assertThrows(
    () => parseArguments(SAMPLE, ["--co\nlour"]),
    Unable,
    'Unknown option "--co\\nlour"; see',
  );
  const { takesCommand: _, ...plain } = SAMPLE;
  const extra = assertThrows(() => parseArguments(plain, ["1", "2", "3", "4"]), Unable);
  assertEquals(extra.message, 'Too many operands: "4"; see --help');
});

Deno.test("execute: a reader that has enough is no error", async () => {
  const [status, , err] = await caught([], () => {
    throw new Deno.errors.BrokenPipe("the pipe is closed");
  });
  assertEquals([status, err], [0, undefined]);
});

Deno.test("execute: an error of the suite's own that says Cannot is one sentence; another is shown whole", async () => {
  const thrown = async (error: unknown) =>
    (await caught([], () => {
      throw error;
    }))[2];
  const coded = (message: string) => Object.assign(new Error(message), { code: "EX" });
  assertEquals(await thrown(coded("Cannot go: no road")), "sample: Cannot go: no road");
  const other = coded("No road");
  assertEquals(await thrown(other), other);
  const uncoded = new Error("Cannot go: no road");
  assertEquals(await thrown(uncoded), uncoded);
  assertEquals(await thrown("a\ntext"), "a\\u000atext");
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

Deno.test("execute: what the system refuses is one sentence without its number", async () => {
  const refused = async (error: Error) => {
    const [status, , err] = await caught([], () => {
      throw error;
    });
    return [status, err];
  };
  assertEquals(await refused(new Error("No space left on device (os error 28)")), [
    2,
    "sample: Cannot go on: No space left on device",
  ]);
  const message = 'Requires read access to "x", run again with the --allow-read flag';
  assertEquals(await refused(new Deno.errors.NotCapable(message)), [
    2,
    'sample: Cannot go on: this task has no read access to "x"; its permissions stand in deno.json',
  ]);
});

Deno.test("execute: a buffer for which there is too little memory is one sentence", async () => {
  const [status, , err] = await caught([], () => new Int32Array(2 ** 50).length);
  assertEquals([status, err], [2, "sample: Cannot go on: there is too little memory"]);
});

Deno.test("execute: an interruption is one sentence and 128 and the signal's number", async () => {
  for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    const [status, , err] = await caught([], () => {
      throw new Interrupted(signal);
    });
    assertEquals(status, expected);
    assertEquals(err, `sample: Interrupted by ${signal}; nothing is left behind`);
  }
});

Deno.test("execute: a sentence stays one line, and its control characters are shown", async () => {
  const [, , err] = await caught([], () => {
    throw new Unable("Cannot read a\nok: steps 1/1 (100 %)\x1b[2K");
  });
  assertEquals(err, "sample: Cannot read a\\u000aok: steps 1/1 (100 %)\\u001b[2K");
});

Deno.test("execute: an unforeseen error is shown whole and exits 2", async () => {
  const fault = new TypeError("x is undefined");
  const [status, , err] = await caught([], () => {
    throw fault;
  });
  assertEquals([status, err], [2, fault]);
});
