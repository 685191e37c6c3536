/**
 * The doors: everything that reads what others wrote. Each gives a result or throws one documented error.
 *
 * @module
 */

import { parseArguments, Unable } from "../../src/command/command.ts";
import { parseComparison } from "../../src/compare/shards.ts";
import { formatText } from "../../src/compare/format.ts";
import { thisHost } from "../../src/compare/host.ts";
import { merge } from "../../src/compare/shards.ts";
import { parseHistory } from "../../src/history/history.ts";
import { formatHistory } from "../../src/history/main.ts";
import { replay } from "../../src/replay/replay.ts";
import { ReplayError } from "../../src/replay/replay_error.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { report } from "../../src/report/report.ts";
import { parseMaps } from "../../src/trace/maps_line.ts";
import { readTrace } from "../../src/trace/read.ts";
import { formatRecord } from "../../src/trace/schema.ts";
import { explainLayout, importText, TextError } from "../../src/text/mod.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { pathOf } from "../../src/command/paths.ts";
import { benchLine, comparison, floorLine, workload } from "../compare/samples.ts";

/** One door. */
export interface Door {
  readonly name: string;
  /** Undamaged texts. */
  readonly samples: readonly string[];
  /** Takes a text, or throws. */
  readonly enter: (text: string) => Promise<void> | void;
  /** Whether an error is the documented one, its message one sentence that says where it is. */
  readonly isDocumented: (error: unknown) => boolean;
}

/** A sentence in one line of a bearable length. */
function isSentence(message: string): boolean {
  return message.length < 1_000 && !message.includes("\n");
}

function isTraceError(error: unknown): boolean {
  return error instanceof TraceError && isSentence(error.message) &&
    /^Cannot read .+ line \d+: ./.test(error.message);
}

function isTextError(error: unknown): boolean {
  return isTraceError(error) || error instanceof TextError && isSentence(error.message);
}

function isUnable(error: unknown): boolean {
  return error instanceof Unable && isSentence(error.message);
}

function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([text]).stream();
}

function compressed(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamOf(text).pipeThrough(new CompressionStream("gzip"));
}

/** The beginning of a recorded run, and its end. */
async function recorded(name: string, records: number): Promise<string> {
  const lines: string[] = [];
  for await (const record of readTrace(pathOf(`traces/${name}.jsonl.gz`))) {
    if (lines.length === records) break;
    lines.push(formatRecord(record));
  }
  // Up to a return: nothing may be begun where it ends.
  while (!lines.at(-1)!.startsWith('{"type":"leave"')) lines.pop();
  return [...lines, '{"type":"end","reason":"finished"}', ""].join("\n");
}

const TRACES = [await recorded("cc1-hello", 40), await recorded("gcc-make", 60)];
/** Texts of calls and of layouts, as people have them. */
async function texts(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["tests/text/field", "tests/text/own"]) {
    for await (const { name } of Deno.readDir(pathOf(folder))) {
      if (!name.endsWith(".txt")) continue;
      // A part is enough: they are all of lines that look alike.
      found.push((await Deno.readTextFile(pathOf(`${folder}/${name}`))).slice(0, 6_000));
    }
  }
  return found;
}

const TEXTS = await texts();
const HISTORY = [
  [benchLine(thisHost("here"), 1), floorLine(thisHost("here"), { "find/60": 0.01 })]
    .map((line) => `${JSON.stringify(line)}\n`).join(""),
];

const COMMAND = {
  name: "sample",
  summary: "Does something.",
  usage: "[options] FILE… -- COMMAND…",
  operands: [0, 2],
  takesCommand: true,
  options: {
    out: { help: "where to", value: "FILE" },
    rounds: { help: "how often", value: "N" },
    kind: { help: "of two", value: "KIND" },
    json: { help: "print JSON" },
  },
} as const;

/** Every door. */
export const DOORS: readonly Door[] = [
  {
    name: "trace",
    samples: TRACES,
    enter: async (text) => {
      for await (const _ of readTrace(streamOf(text)));
    },
    isDocumented: isTraceError,
  },
  {
    name: "compressed trace",
    samples: TRACES,
    enter: async (text) => {
      for await (const _ of readTrace(compressed(text)));
    },
    isDocumented: isTraceError,
  },
  {
    name: "replay",
    samples: TRACES,
    enter: async (text) => {
      await replay(readTrace(streamOf(text)), { validate: "touched" });
      await compileTrace(readTrace(streamOf(text)));
    },
    isDocumented: (error) =>
      isTraceError(error) || error instanceof ReplayError && isSentence(error.message),
  },
  {
    name: "import",
    samples: TEXTS,
    enter: async (text) => {
      await importText(text);
    },
    isDocumented: isTextError,
  },
  {
    name: "explain",
    samples: TEXTS,
    enter: (text) => {
      explainLayout(text);
    },
    isDocumented: isTextError,
  },
  {
    name: "maps",
    samples: [await Deno.readTextFile(pathOf("tests/trace/maps.txt"))],
    enter: (text) => {
      parseMaps(text);
    },
    isDocumented: isTraceError,
  },
  {
    name: "history",
    samples: HISTORY,
    // What cannot be read is counted, not thrown; what is read can be shown.
    enter: (text) => {
      const benches = parseHistory(text).lines.filter((line) => line.kind === "bench");
      formatHistory(benches);
      if (benches.length > 0) report(benches);
    },
    isDocumented: () => false,
  },
  {
    name: "shard",
    samples: [
      JSON.stringify(comparison([workload("w1", 0)], { shard: { index: 1, count: 1 } }), null, 1),
    ],
    enter: (text) => {
      formatText(merge([parseComparison(text, "part.json")]));
    },
    isDocumented: isUnable,
  },
  {
    name: "arguments",
    samples: [
      "--out\nx\n--rounds=12\n--json\na\n--kind\nb\n--\nls\n-l\n",
      "-h\n",
      "a\nb\n--json\n",
    ],
    enter: (text) => {
      const args = parseArguments(COMMAND, text.split("\n").slice(0, -1));
      args.integer("rounds", 1);
      args.choice("kind", ["a", "b"]);
      args.text("out");
    },
    isDocumented: isUnable,
  },
];
