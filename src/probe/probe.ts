/**
 * Asking the running kernel for its rules: a program runs a few calls for each rule under the recorder, and the model
 * replays them under each value that the rule can have. The value under which it agrees is the kernel's.
 *
 * @module
 */

import { Libc } from "../capture/libc.ts";
import { record } from "../capture/record.ts";
import { TemporaryFolder } from "../command/files.ts";
import {
  isRuleName,
  type KernelRules,
  overrideRules,
  RULE_NAMES,
  type RuleName,
  type RuleValues,
  ruleValues,
} from "../mm/rules/kernel_rules.ts";
import { Replay } from "../replay/replay.ts";
import { rulesOfRelease } from "../replay/rules.ts";
import type { HeaderRecord, TraceRecord } from "../trace/format.ts";
import { executable, type TableCall } from "../verify/executable.ts";
import {
  askAtLimit,
  LIMIT_RULES,
  type LimitAnswers,
  type LimitRule,
  limitTable,
} from "./at_limit.ts";
import { PROBE_FILE_BYTES, PROBED, probeTable } from "./programs.ts";

/** What was found about one rule. */
export interface ProbedRule {
  /** The rule. */
  readonly name: RuleName;
  /** Its value in the kernel; absent if none agreed, or several did. */
  readonly value?: string | boolean;
  /** What the kernel's version would have. */
  readonly usual: string | boolean;
  /**
   * `found`; `undecidable` if the calls come out alike whatever the value (a limit, a filesystem); `unknown` if no
   * value agrees: the kernel does something that the model does not know; `unasked` if there is no cheap way to ask.
   */
  readonly status: "found" | "undecidable" | "unknown" | "unasked";
}

/** What was found about the running kernel. */
export interface KernelProbe {
  /** What the recorder says of the system. */
  readonly header: HeaderRecord;
  /** One entry a rule, in the table's order. */
  readonly rules: readonly ProbedRule[];
  /** Lowest address to which hints go, bytes; absent if the question was refused. */
  readonly hintMinAddress?: number;
  /** The calls by which it was asked; the header says what was found. */
  readonly recording: readonly TraceRecord[];
}

/** The rules that were found, as a trace's header holds them. */
export function foundRules({ rules }: Pick<KernelProbe, "rules">): RuleValues {
  return Object.fromEntries(
    rules.flatMap(({ name, value }) => value === undefined ? [] : [[name, value]]),
  );
}

/** How {@linkcode probeKernel} asks. */
export interface ProbeOptions {
  /** Ask what takes a second and more too: twice 65,530 VMAs are made for it. Not unless given. */
  readonly thorough?: boolean;
}

/**
 * Asks the running kernel.
 *
 * Deno's permissions: as `record`, and to write to the folder for temporary files.
 *
 * @throws {RecordError} as `record`
 */
export async function probeKernel({ thorough = false }: ProbeOptions = {}): Promise<KernelProbe> {
  using folder = TemporaryFolder.create("maple-probe-");
  const file = `${folder.path}/data`;
  await Deno.writeFile(file, new Uint8Array(PROBE_FILE_BYTES));
  const program = await writeProgram(`${folder.path}/probe`, probeTable(Deno.build.arch, file));
  const records = await Array.fromAsync(
    record([program, ...PROBED], { purpose: "the probes" }), // names for whoever reads it later
  );
  if (!thorough) return decide(records);
  const answerTo = async <Rule extends LimitRule>(rule: Rule) => {
    const calls = limitTable(Deno.build.arch, file, rule);
    return askAtLimit(new Libc(), await writeProgram(`${folder.path}/${rule}`, calls), rule);
  };
  return decide(records, {
    mremapReserve: await answerTo("mremapReserve"),
    adviseLimitAgain: await answerTo("adviseLimitAgain"),
  });
}

async function writeProgram(path: string, calls: readonly TableCall[]): Promise<string> {
  await Deno.writeFile(path, executable(Deno.build.arch, calls), { mode: 0o700 });
  return path;
}

/**
 * What a recording of the probes shows.
 *
 * @param atLimit the rules that a recording cannot show; not asked for unless given
 * @throws {TypeError} it is none
 */
export function decide(
  records: readonly TraceRecord[],
  atLimit?: LimitAnswers,
): KernelProbe {
  const [header] = records;
  if (header?.type !== "header") throw new TypeError("A recording of probes has no header");
  const usual = rulesOfRelease(header.kernel);
  const runs = childrenOf(records);
  const asked = rulesAskedFor(header);
  let known: KernelRules = usual;
  const found = new Map<RuleName, ProbedRule>();
  // Again if some rule was not as assumed: an earlier probe may have needed it, as lockOnFaultPasses, seen by its flag,
  // needs showsLockOnFault. What a probe needs needs no other rule itself, so that two rounds settle all.
  for (let round = 0, isNews = true; round < 2 && isNews; round++) {
    isNews = false;
    asked.forEach((name, at) => {
      const probed = decideRule(name, runs[at] ?? [], known, usual);
      found.set(name, probed);
      if (probed.value === undefined || probed.value === known[name]) return;
      isNews = true;
      known = overrideRules(known, { [name]: probed.value });
    });
  }
  if (atLimit !== undefined) {
    for (const name of LIMIT_RULES) found.set(name, ofAnswer(name, atLimit[name], usual));
  }
  const rules = RULE_NAMES.map((name): ProbedRule =>
    found.get(name) ?? { name, usual: usual[name], status: "unasked" }
  );
  const hintMinAddress = lowestHint(runs[asked.length] ?? []);
  const lowest = hintMinAddress === undefined ? {} : { hintMinAddress };
  const told = { ...header, ...lowest, rules: foundRules({ rules }) };
  return { header, rules, ...lowest, recording: [told, ...records.slice(1)] };
}

/** The rules in the order of their children: the command names them. */
function rulesAskedFor({ command }: HeaderRecord): readonly RuleName[] {
  const named = command.slice(1).filter(isRuleName);
  return named.length > 0 ? named : PROBED;
}

/** Where the mapping went that asked for the lowest page. */
function lowestHint(records: readonly TraceRecord[]): number | undefined {
  const answer = records.find((each) => each.type === "leave" && each.call === "mmap");
  return answer?.type === "leave" && answer.error === undefined ? answer.result : undefined;
}

function ofAnswer(
  name: RuleName,
  value: string | boolean | undefined,
  { [name]: usual }: KernelRules,
): ProbedRule {
  if (value === undefined) return { name, usual, status: "undecidable" };
  return { name, value, usual, status: "found" };
}

function decideRule(
  name: RuleName,
  records: readonly TraceRecord[],
  known: KernelRules,
  usual: KernelRules,
): ProbedRule {
  const agreeing = ruleValues(name).filter((value) =>
    agrees(records, overrideRules(known, { [name]: value }))
  );
  const [value] = agreeing;
  if (agreeing.length === 1 && value !== undefined) {
    return { name, value, usual: usual[name], status: "found" };
  }
  const status = agreeing.length === 0 ? "unknown" : "undecidable";
  return { name, usual: usual[name], status };
}

/** True if the model does under the rules what the kernel did. */
function agrees(records: readonly TraceRecord[], rules: KernelRules): boolean {
  const run = new Replay({ assume: { rules } });
  for (const each of records) {
    run.take(each);
    if (run.divergence !== undefined) return false;
  }
  return run.steps > 0;
}

/** The recording once for each child of its first process: all that came before, and the child's own records. */
function childrenOf(records: readonly TraceRecord[]): TraceRecord[][] {
  const root = records.find((each) => each.type === "exec")?.pid;
  return records.flatMap((fork, at) => {
    if (fork.type !== "fork" || fork.pid !== root) return [];
    const before = records.slice(0, at).filter((each) =>
      each.type === "header" || each.type === "exec" ||
      (isOf(each, root) && (each.type === "fault" || each.type === "grow"))
    );
    const own = records.slice(at + 1).filter((each) => isOf(each, fork.child));
    return [[...before, fork, ...own]];
  });
}

function isOf(record: TraceRecord, pid: number | undefined): boolean {
  return "pid" in record && record.pid === pid;
}
