/**
 * `deno task probe`: asks the running kernel for its rules.
 *
 * @module
 */

import { type CommandArguments, createFile, runCommand, Unable } from "../command/command.ts";
import { print, printJson } from "../command/output.ts";
import { hex } from "../abi/hex.ts";
import { RecordError } from "../capture/launch.ts";
import { isNewerThanTable, NEWEST_KERNEL } from "../mm/rules/kernel_rules.ts";
import { RULES } from "../mm/rules/table.ts";
import { writeTrace } from "../trace/write.ts";
import { type KernelProbe, type ProbedRule, probeKernel } from "./probe.ts";
import { systemFacts } from "./system_facts.ts";

const SPECIFICATION = {
  name: "probe",
  summary:
    "Asks the running kernel, by small calls under the recorder, for the rules that differ between versions.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    out: {
      value: "FILE",
      help: "keep the recording of the calls there; with .gz at its end compressed",
    },
    json: { help: "print one JSON object instead of a table" },
  },
  details:
    "A rule that is not as the kernel's version would have it is marked ≠, one that the model does not know ?. Exit " +
    "status: 0 every rule that was asked for is known, 1 one is not, 2 it could not run.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const out = args.text("out");
  const sink = out === undefined ? undefined : await createFile(out);
  const probe = await probeOrSay();
  const { hintMinAddress, recording } = probe;
  if (sink !== undefined) {
    await writeTrace(recording, sink, { gzip: out?.endsWith(".gz") ?? false });
  }
  const { taskSize } = probe.header;
  const facts = {
    ...systemFacts(),
    ...(hintMinAddress !== undefined && { "lowest hint": hex(hintMinAddress) }),
    ...(taskSize !== undefined && { "addresses to": hex(taskSize) }),
  };
  if (args.has("json")) printJson({ kernel: probe.header.kernel, ...facts, rules: probe.rules });
  else print([...head(probe, facts), "", ...table(probe.rules)].join("\n"));
  return probe.rules.some(({ status }) => status === "unknown") ? 1 : 0;
}

async function probeOrSay(): Promise<KernelProbe> {
  try {
    return await probeKernel({ thorough: true });
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new Unable(error.message);
  }
}

function head({ header }: KernelProbe, facts: Readonly<Record<string, string>>): string[] {
  const newer = `newer than ${NEWEST_KERNEL}, the newest kernel that the rules were compared with`;
  return [
    `Linux ${header.kernel} on ${header.machine}`,
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`),
    ...(isNewerThanTable(header.kernel) ? [newer] : []),
  ];
}

function table(rules: readonly ProbedRule[]): string[] {
  const width = Math.max(...rules.map(({ name }) => name.length));
  return rules.map(({ name, value, usual, status }) => {
    const differs = value !== undefined && value !== usual;
    const mark = status === "unknown" ? "?" : differs ? "≠" : " ";
    const said = value === undefined ? `${status}; its version says ${usual}` : String(value);
    const note = differs ? ` (its version says ${usual})` : "";
    return `${mark} ${name.padEnd(width)}  ${said}${note}: ${RULES[name].decides}`;
  });
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
