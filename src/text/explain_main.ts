/**
 * `deno task explain FILE…`: what a text of maps or calls says of a process's VMAs.
 *
 * @module
 */

import { parseAddress } from "../replay/debug/why.ts";
import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { complain, print, printJson } from "../command/output.ts";
import {
  explainLayout,
  type ExplainOptions,
  type LayoutExplanation,
  neighbourhoodOf,
} from "./explain/layout.ts";
import { explanationAsJson, explanationAsText, neighbourhoodAsText } from "./explain_report.ts";
import { kernelOf } from "./kernel.ts";
import { readLayout } from "./maps/read_layout.ts";
import { ofFile, readText, Texts } from "./read_text.ts";

const SPECIFICATION = {
  name: "explain",
  summary:
    "Says what makes a process's VMAs, what keeps them apart, and why a call on memory failed.",
  usage: "[options] FILE…  or  --pid PID",
  operands: [0, Infinity],
  options: {
    maps: { help: "the process's maps, beside a text of calls or of numa_maps", value: "FILE" },
    pid: { help: "a running process instead of a text", value: "PID" },
    limit: { help: "vm.max_map_count (what the text says, or 65530)", value: "N" },
    count: { help: "VMAs in use, where the text shows only some", value: "N" },
    why: {
      help: "instead, say why the VMA at ADDRESS and its neighbours are not one",
      value: "ADDRESS",
    },
    kernel: { help: "the kernel that a text of calls is of, as 6.1", value: "VERSION" },
    machine: { help: "the machine that it is of, as uname -m prints it", value: "NAME" },
    strict: { help: "exit 1 if a line was passed over or two VMAs could be one" },
    json: { help: "print one JSON object a text instead of words" },
  },
  details:
    "FILE may be /proc/PID/maps, smaps or numa_maps, the table of pmap, gdb, lldb or a sanitizer, a tombstone, a JVM's " +
    "hs_err, rr's dump, or what `deno task import` reads; - is standard input. Exit status: 0 explained, 1 with " +
    "--strict, 2 nothing readable.",
} as const;

/** A text with its name. */
interface Named {
  readonly name: string;
  readonly text: string;
}

async function main(args: CommandArguments): Promise<number> {
  const pid = args.integer("pid", 1);
  if ((pid === undefined) === (args.operands.length === 0)) {
    throw new Unable("files or --pid are wanted, one of the two; see --help");
  }
  const reader = new Texts();
  const given = await optionsOf(args, reader);
  const { texts, options } = pid === undefined
    ? combine(await readAll(args.operands, reader), given)
    : await readProcess(pid, given);
  const found = texts.map(({ name, text }) => {
    const explanation = ofFile(name, () => explainLayout(text, options));
    return {
      name,
      explanation: pid === undefined ? explanation : { ...explanation, format: "process" as const },
    };
  });
  const why = args.text("why");
  if (why !== undefined) return explainAddress(found, why, args.has("json"));
  if (args.has("json")) {
    const [first, ...more] = found.map(({ name, explanation }) =>
      explanationAsJson(name, explanation)
    );
    printJson(more.length === 0 ? first : [first, ...more]);
  } else for (const { name, explanation } of found) print(explanationAsText(name, explanation));
  const isDirty = found.some(({ explanation: { passedOver, borders } }) =>
    passedOver.length > 0 || borders.some(({ obstacle }) => obstacle === null)
  );
  return args.has("strict") && isDirty ? 1 : 0;
}

function explainAddress(
  found: readonly { readonly name: string; readonly explanation: LayoutExplanation }[],
  text: string,
  asJson: boolean,
): number {
  const address = parseAddress(text);
  if (address === undefined) throw new Unable(`--why takes a hexadecimal address, not "${text}"`);
  const answers = found.flatMap(({ name, explanation }) => {
    const answer = neighbourhoodOf(explanation.layout, address);
    return answer === undefined ? [] : [{ file: name, ...answer }];
  });
  if (answers.length === 0) {
    throw new Unable(`nothing is mapped at ${text}, as far as the text shows`);
  }
  if (asJson) printJson(answers);
  else for (const answer of answers) print(neighbourhoodAsText(answer.file, answer));
  return 0;
}

async function optionsOf(args: CommandArguments, reader: Texts): Promise<ExplainOptions> {
  const maps = args.text("maps"), kernel = args.text("kernel"), machine = args.text("machine");
  const limit = args.integer("limit", 1), count = args.integer("count", 0);
  try {
    kernelOf(kernel);
  } catch (error) {
    throw new Unable(error instanceof Error ? error.message : String(error));
  }
  return {
    ...(maps !== undefined && { maps: await reader.read(maps) }),
    ...(kernel !== undefined && { kernel }),
    ...(machine !== undefined && { machine }),
    ...(limit !== undefined && { limit }),
    ...(count !== undefined && { count }),
  };
}

async function readAll(files: readonly string[], reader: Texts): Promise<Named[]> {
  const texts: Named[] = [];
  for (const name of files) texts.push({ name, text: await reader.read(name) });
  return texts;
}

/** numa_maps beside one layout belongs to it. */
function combine(
  texts: readonly Named[],
  options: ExplainOptions,
): { readonly texts: readonly Named[]; readonly options: ExplainOptions } {
  if (texts.length !== 2 || options.maps !== undefined) return { texts, options };
  const numa = texts.filter(({ text }) => isNuma(text));
  if (numa.length !== 1) return { texts, options };
  return {
    texts: texts.filter((each) => each !== numa[0]),
    options: { ...options, maps: numa[0]!.text },
  };
}

function isNuma(text: string): boolean {
  return readLayout(text.slice(0, 20_000)).format === "numa_maps";
}

/** A running process: its smaps, or its maps where smaps may not be read. */
async function readProcess(
  pid: number,
  given: ExplainOptions,
): Promise<{ readonly texts: readonly Named[]; readonly options: ExplainOptions }> {
  const name = `process ${pid}`;
  const limit = Number(await readText("/proc/sys/vm/max_map_count"));
  const options = { ...(Number.isSafeInteger(limit) && limit > 0 && { limit }), ...given };
  for (const file of ["smaps", "maps"]) {
    try {
      const text = await readText(`/proc/${pid}/${file}`);
      if (text.trim() !== "") return { texts: [{ name, text }], options };
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      if (/No such file/.test(error.message)) throw new Unable(`there is no process ${pid}`);
      if (file === "maps") throw error;
      complain(`explain: ${error.message}; its maps tell less`);
    }
  }
  throw new Unable(`process ${pid} has no memory: it is a kernel thread, or has ended`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
