/**
 * What is said of a replay: the step at which model and kernel disagree, with every field of what was recorded, and the
 * one line that sums a file up.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { kernelRules, overrideRules } from "../../src/mm/rules/kernel_rules.ts";
import {
  describeDivergence,
  describeStep,
  type Disagreement,
  type Divergence,
  formatDivergence,
} from "../../src/replay/divergence.ts";
import { exitStatus, formatFinding, formatSteps } from "../../src/replay/finding.ts";
import { imageOf } from "../../src/replay/image.ts";
import type { ReplayReport } from "../../src/replay/replay.ts";
import type { CallStep, Step } from "../../src/replay/step.ts";
import type {
  EnterRecord,
  ForkRecord,
  HeaderRecord,
  LeaveRecord,
  MapLine,
} from "../../src/trace/format.ts";
import { map, space } from "../mm/scene.ts";
import { EXEC, FILE, HEADER } from "../trace/samples.ts";

function callStep(enter: Partial<EnterRecord> = {}, leave: Partial<LeaveRecord> = {}): CallStep {
  const call = "mmap", pid = 7;
  return {
    ...{ type: "call", pid, action: undefined, unmodelled: undefined },
    enter: { type: "enter", pid, call, args: [0x1000, 3], ...enter },
    record: { type: "leave", pid, call, result: 0x5000, removed: [], added: [], ...leave },
  };
}

Deno.test("describeStep: a call with its arguments, its result, and all that stands where they point", () => {
  const said = (enter?: Partial<EnterRecord>, leave?: Partial<LeaveRecord>) =>
    describeStep(callStep(enter, leave));
  const call = "mmap(0x1000, 0x3) = ";
  assertEquals(said(), `${call}0x5000`);
  assertEquals(said({}, { error: "ENOMEM" }), `${call}ENOMEM`);
  const file = "file 3: libc.so.6, regular, read-write, 0x1d6470 bytes";
  assertEquals(said({ file: FILE }), `${call}0x5000 (${file})`);
  assertEquals(said({}, { file: FILE }), `${call}0x5000 (${file})`);
  assertEquals(
    said({ file: { ...FILE, noexec: true } }),
    [
      `${call}0x5000 (file 3: libc.so.6, regular, noexec, read-write, 0x1d6470 bytes)`,
    ].join(),
  );
  assertEquals(said({ imposedHint: 0x7000 }), `${call}0x5000 (asked at 0x7000)`);
  assertEquals(said({ name: "a b" }), `${call}0x5000 (name "a b")`);
  const ranges = [{ address: 0x1000, length: 2 }, { address: 0x3000, length: 4 }];
  assertEquals(
    said({ ranges, process: 8 }),
    `${call}0x5000 (0x1000 + 0x2, 0x3000 + 0x4, process 8)`,
  );
});

Deno.test("describeStep: what else happens to a process", () => {
  const pid = 7;
  const image = imageOf(EXEC, 2 ** 47, kernelRules());
  const fork = (record: Partial<ForkRecord>): Step => ({
    ...{ type: "fork", pid },
    record: { type: "fork", pid, child: 8, sharesMemory: false, ...record },
  });
  const steps: readonly [Step, string][] = [
    [
      { type: "touch", pid, address: 0x1000, record: { type: "fault", pid, address: 0x1000 } },
      [
        "first write to 0x1000",
      ].join(),
    ],
    [
      { type: "touch", pid, address: 0x1000, record: { type: "grow", pid, start: 0x1000 } },
      [
        "stack grows to 0x1000",
      ].join(),
    ],
    [{ type: "exec", pid, record: EXEC, image, options: {} }, "exec cc1"],
    [
      { type: "exec", pid, record: { ...EXEC, randomized: false }, image, options: {} },
      [
        "exec cc1, addresses not randomized",
      ].join(),
    ],
    [fork({}), "fork of process 8"],
    [fork({ sharesMemory: true }), "vfork of process 8"],
    [fork({ flags: 0x4100 }), "fork of process 8, clone flags 0x4100"],
    [{ type: "exit", pid, record: { type: "exit", pid, status: 3 } }, "exit with status 3"],
  ];
  for (const [step, words] of steps) assertEquals(describeStep(step), words);
});

//   0x10000  0x12000  0x20000 …                       0x90000  0x92000
//   |-- 1 --|         |-- 2 --|          …            |-- 9 --|
function nine(): AddressSpace {
  const mm = space();
  for (let i = 1; i <= 9; i++) map(mm, i * 0x10000, i * 0x10000 + 0x2000);
  return mm;
}

function line(start: number): MapLine {
  return {
    ...{ start, end: start + 0x2000, permissions: "rw-p", offset: 0, device: "00:00", inode: 0 },
    ...{ name: "", vmFlags: "rd wr mr mw me ac" },
  };
}

const LINES = Array.from({ length: 9 }, (_, i) => line((i + 1) * 0x10000));

/** A disagreement about one VMA. */
function about(change: Partial<Disagreement>): Divergence {
  const disagreement: Disagreement = {
    ...{ number: 12, step: callStep(), what: "the range differs", position: 4, header: HEADER },
    ...{
      rules: kernelRules(HEADER.kernel),
      space: nine(),
      recorded: LINES,
      program: EXEC,
      ...change,
    },
  };
  return describeDivergence(
    disagreement,
    (vma, { start, end }) => vma.start === start && vma.end === end,
  );
}

Deno.test("describeDivergence: the step, its process and program, and what differs", () => {
  const { step, pid, program, call, what } = about({});
  assertEquals({ step, pid, program, call, what }, {
    ...{ step: 12, pid: 7, program: "cc1", call: "mmap(0x1000, 0x3) = 0x5000" },
    what: "the range differs",
  });
  assertEquals(about({ program: undefined }).program, "");
});

Deno.test("describeDivergence: three VMAs before and after the one that differs, fewer at the ends", () => {
  const shown = (position: number) =>
    about({ position }).rows.map(({ kernel = "" }) => Number.parseInt(kernel, 16) / 0x10000);
  assertEquals(shown(4), [2, 3, 4, 5, 6, 7, 8]);
  assertEquals(shown(3), [1, 2, 3, 4, 5, 6, 7]);
  assertEquals(shown(0), [1, 2, 3, 4]);
  assertEquals(shown(1), [1, 2, 3, 4, 5]);
  assertEquals(shown(8), [6, 7, 8, 9]);
});

Deno.test("describeDivergence: a VMA that only one side has makes one row that differs, the others stay in step", () => {
  const rows = (recorded: readonly MapLine[], position: number) =>
    about({ recorded, position }).rows.map(({ model, kernel, differs }) =>
      [model === undefined ? "-" : "m", kernel === undefined ? "-" : "k", differs ? "≠" : " "].join(
        "",
      )
    );
  assertEquals(rows(LINES.toSpliced(4, 1), 4), ["mk ", "mk ", "mk ", "m-≠", "mk ", "mk ", "mk "]);
  assertEquals(rows(LINES.toSpliced(4, 0, line(0x48000)), 4), [
    ...["mk ", "mk ", "mk ", "-k≠", "mk ", "mk ", "mk "],
  ]);
  const longer = LINES.with(4, { ...LINES[4]!, end: 0x53000 });
  assertEquals(rows(longer, 4), ["mk ", "mk ", "mk ", "mk≠", "mk ", "mk ", "mk "]);
  assertEquals(about({ recorded: [], position: 0 }).rows.every(({ differs }) => differs), true);
  assertEquals(
    about({ space: undefined, position: 0 }).rows.every(({ model }) => model === undefined),
    true,
  );
  assertEquals(about({ space: undefined, recorded: [], position: 0 }).rows, []);
});

Deno.test("describeDivergence: lines of both sides have range, permissions, offset, file, flags and anon_vma", () => {
  const mm = nine();
  mm.fault(0x50000, "write");
  const recorded = LINES.with(4, {
    ...{ start: 0x50000, end: 0x52000, permissions: "r-xs", offset: 0x3000, device: "fe:01" },
    ...{ inode: 42, name: "lib.so", vmFlags: "rd ex", written: true },
  }).with(5, { ...LINES[5]!, vmFlags: "rd" });
  const { rows } = about({ space: mm, recorded });
  assertEquals(rows[3]?.kernel, "00050000-00052000 r-xs 00003000 fe:01 42 lib.so {rd ex} anon_vma");
  assertEquals(
    rows[3]?.model,
    "00050000-00052000 rw-p 00000000 00:00 0 {rd wr mr mw me ac} anon_vma",
  );
  assertEquals(rows[4]?.kernel, "00060000-00062000 rw-p 00000000 00:00 0 {rd}");
  const { vmFlags: _, ...bare } = LINES[4]!;
  const plain = about({ recorded: LINES.with(4, bare) }).rows[3];
  assertEquals(plain?.kernel, "00050000-00052000 rw-p 00000000 00:00 0 {?}");
  assertEquals(plain?.model?.endsWith("{rd wr mr mw me ac}"), true);
});

Deno.test("describeDivergence: what was recorded, on what, and by which rules", () => {
  const recorded = (header: Partial<HeaderRecord>) =>
    about({ header: { ...HEADER, ...header } }).recorded;
  const system = "cc1 -quiet hello.c, Linux 6.18.44 on x86_64";
  assertEquals(recorded({}), `${system} (gcc 12.2.0; a sample)`);
  assertEquals(recorded({ compiler: "" }), `${system} (a sample)`);
  assertEquals(recorded({ purpose: "" }), `${system} (gcc 12.2.0)`);
  assertEquals(recorded({ purpose: "", compiler: "" }), system);
  const unknown = { command: [], kernel: "", machine: "", purpose: "", compiler: "" };
  assertEquals(
    recorded(unknown),
    [
      "an unknown command, Linux of an unknown release on an unknown machine",
    ].join(),
  );
});

Deno.test("describeDivergence: every bound of the machine that the header tells is told", () => {
  const rules = (header: Partial<HeaderRecord>) =>
    about({ header: { ...HEADER, ...header } }).rules.split(", ");
  const least = { overcommitMemory: undefined, memoryBytes: undefined, ipcLock: undefined };
  const { overcommitMemory: _, memoryBytes: __, ipcLock: ___, ...bare } = HEADER;
  assertEquals(least.ipcLock, undefined);
  const base = ["those of Linux 6.18.44", "max_map_count 65530", "mmap_min_addr 0x10000"];
  assertEquals(about({ header: bare }).rules.split(", "), base);
  const all = rules({
    overcommitMemory: 2,
    memoryBytes: 0x1000,
    hugePages: "always",
    ipcLock: false,
  });
  assertEquals(all, [
    ...[...base, "overcommit_memory 2", "memory and swap 0x1000 bytes", "huge pages always"],
    "no CAP_IPC_LOCK",
  ]);
  assert(rules({ ipcLock: true }).includes("CAP_IPC_LOCK"));
  assert(!rules({ ipcLock: true }).includes("no CAP_IPC_LOCK"));
  assert(rules({ pageTableLevels: 5 }).includes("5 page-table levels"));
  assert(rules({ protectionKeys: true }).includes("protection keys"));
  assert(rules({ protectionKeys: false }).includes("no protection keys"));
  assert(!about({}).rules.includes("keys") && !about({}).rules.includes("levels"));
  assertEquals(rules({ kernel: "6.18.44-other" })[0], "those of Linux 6.18.44-other");
  assertEquals(rules({ kernel: "" })[0], "those of Linux 6.18.44");
  const newer = ["newer than 7.3", "the newest kernel that the rules were compared with"];
  assertEquals(rules({ kernel: "7.4-rc1" }).filter((each) => newer.includes(each)), newer);
  assert(!rules({ kernel: "7.3.4" }).includes("newer than 7.3"));
  const header = { ...bare, rules: { seal: true, newMapping: "sideways", ofTomorrow: true } };
  assert(about({ header }).rules.includes(", not known here: newMapping, ofTomorrow, max_map"));
  assert(rules({ hintMinAddress: 0x20000 }).some((words) => words.includes("0x20000")));
  assertEquals(rules({ maxMapCount: 7, mmapMinAddress: 0 }).slice(1, 3), [
    ...["max_map_count 7", "mmap_min_addr 0x0"],
  ]);
  const other = overrideRules(kernelRules(HEADER.kernel), { dontUnmapFiles: false });
  assert(
    about({ rules: other }).rules.startsWith("those of Linux 6.18.44, but dontUnmapFiles false, "),
  );
  assert(
    about({ header: { ...bare, kernel: "" }, rules: kernelRules() }).rules.startsWith(
      "those of Linux ",
    ),
  );
});

Deno.test("formatDivergence: head, rows side by side, and the tree only if it is asked for", () => {
  const divergence: Divergence = {
    ...{ step: 3, pid: 7, program: "cc1", call: "brk(0x0) = 0x0", what: "the range differs" },
    ...{
      recorded: "cc1, Linux",
      rules: "those of it",
      wouldAgree: ["it were so"],
      tree: "one\ntwo",
    },
    rows: [{ model: "model 1", kernel: "kernel 1", differs: false }, {
      kernel: "only",
      differs: true,
    }, {
      model: "mine",
      differs: true,
    }],
  };
  assertEquals(formatDivergence(divergence).split("\n"), [
    ...["step 3, process 7 (cc1): brk(0x0) = 0x0", "the range differs", "recorded: cc1, Linux"],
    ...["rules: those of it", "it would agree if it were so", "", "  model   | kernel"],
    ...[
      "  model 1 | kernel 1",
      "≠         | only",
      "≠ mine    |",
      "",
      "--dump prints the model's tree",
    ],
  ]);
  const dumped = formatDivergence({ ...divergence, program: "", rows: [] }, { dump: true });
  const { wouldAgree: _, ...rest } = divergence;
  assertEquals(dumped.split("\n").slice(-4), ["", "the model's tree:", "one", "two"]);
  assertEquals(dumped.split("\n")[0], "step 3, process 7: brk(0x0) = 0x0");
  assertEquals(formatDivergence(rest).includes("would agree"), false);
});

const REPORT: ReplayReport = {
  ...{ header: HEADER, steps: 200, matched: 200, mapCount: { min: 1, median: 5, max: 9 } },
  ...{ approximate: false, interrupted: false, unmodelled: [], otherFlags: [] },
};

Deno.test("formatSteps: what matched, how many VMAs, how it ended, what must be known to trust it", () => {
  const said = (change: Partial<ReplayReport>) => formatSteps({ ...REPORT, ...change });
  const counts = "map_count 1/5/9";
  assertEquals(said({}), `steps 200/200 (100 %), ${counts}`);
  assertEquals(said({ matched: 199 }), `steps 199/200 (99.5 %), ${counts}`);
  assertEquals(said({ steps: 100000, matched: 99999 }), `steps 99999/100000 (99.9 %), ${counts}`);
  assertEquals(said({ matched: 0 }), `steps 0/200 (0.0 %), ${counts}`);
  assertEquals(said({ steps: 0, matched: 0 }), "nothing to replay: the trace has no steps");
  assertEquals(said({ status: 0 }), `steps 200/200 (100 %), ${counts}`);
  assertEquals(said({ status: 3 }), `steps 200/200 (100 %), ${counts}, exit status 3`);
  assert(said({ interrupted: true }).endsWith(`${counts}, the recording was interrupted`));
  assert(said({ otherFlags: ["uw", "um"] }).endsWith("VmFlags only carried along: uw um"));
  const unmodelled = [{ call: "mbind", steps: 1, why: "why" }, {
    call: "brk",
    steps: 2,
    why: "so",
  }];
  assert(
    said({ unmodelled }).endsWith(
      "\n  not modelled: mbind, 1 step: why\n  not modelled: brk, 2 steps: so",
    ),
  );
  assert(said({ approximate: true }).startsWith("200 steps, approximate: nothing to compare with"));
  const answers = { asked: 9, equal: 4, different: 2, cannotKnow: 3 };
  assert(
    said({ answers, approximate: true }).startsWith(
      "200 steps, imported: of 9 answers 4 equal, 2 different, 3 cannot be known",
    ),
  );
  assertEquals(formatSteps(REPORT, ", so far"), `steps 200/200 (100 %), so far, ${counts}`);
});

Deno.test("formatDivergence: without VMAs there is no table, with short ones the columns stand in line", () => {
  const empty = formatDivergence({ ...about({}), rows: [], tree: "the tree" });
  assert(!empty.includes("| kernel"));
  const one = (model: string) =>
    formatDivergence({ ...about({}), rows: [{ model, kernel: "k", differs: true }] })
      .split("\n").filter((line) => line.includes("|"));
  assertEquals(one("m"), ["  model | kernel", "≠ m     | k"]);
  assertEquals(one("a longer one"), ["  model        | kernel", "≠ a longer one | k"]);
});

Deno.test("exitStatus, formatFinding: what a file came to", () => {
  const divergence = about({});
  const diverged = { ...REPORT, divergence };
  assertEquals([exitStatus(REPORT), exitStatus(diverged)], [0, 1]);
  assertEquals(exitStatus({ ...REPORT, steps: 0 }), 2);
  assertEquals([exitStatus({ broken: "x" }), exitStatus({ unreadable: "x" })], [1, 2]);
  assertEquals(formatFinding("t.gz", REPORT), `t.gz: ${formatSteps(REPORT)}`);
  assertEquals(
    formatFinding("t.gz", { unreadable: "Cannot read t.gz" }),
    "replay: Cannot read t.gz",
  );
  assertEquals(formatFinding("t.gz", { broken: "a rule" }).split("\n"), [
    ...["t.gz: a rule", "  deno task replay --bisect t.gz finds the step after which it is broken"],
  ]);
  const text = formatFinding("t.gz", diverged);
  assertEquals(text, `t.gz: ${formatSteps(REPORT)}\n${formatDivergence(divergence)}`);
  const dumped = formatFinding("t.gz", diverged, { dump: true });
  assertEquals(
    dumped,
    `t.gz: ${formatSteps(REPORT)}\n${formatDivergence(divergence, { dump: true })}`,
  );
  const assumed = [{ kind: "huge pages", value: "always" }] as const;
  assertEquals(
    formatFinding("t.gz", { ...REPORT, assumed }).split("\n")[1],
    [
      "  the trace itself shows: transparent huge pages are in use: always",
    ].join(),
  );
});
