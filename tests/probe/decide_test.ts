/** What is decided of few records, and of what a program of the probe ended with. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { RecordError } from "../../src/capture/launch.ts";
import type { LibcCalls } from "../../src/capture/libc.ts";
import { RULE_NAMES, type RuleName } from "../../src/mm/rules/kernel_rules.ts";
import { decide, foundRules } from "../../src/probe/probe.ts";
import { PROBED } from "../../src/probe/programs.ts";
import { optionsFound, probedOptions } from "../../src/probe/recorded_rules.ts";
import { answerOf, askAtLimit, type LimitAnswers, MOST_VMAS } from "../../src/probe/at_limit.ts";
import { systemFacts } from "../../src/probe/system_facts.ts";
import { rulesOfRelease } from "../../src/replay/rules.ts";
import type { HeaderRecord, TraceRecord } from "../../src/trace/format.ts";
import { readTrace } from "../../src/trace/read.ts";
import { fakeLibc } from "../capture/fake_libc.ts";
import { EXEC, HEADER } from "../trace/samples.ts";

const ROOT = EXEC.pid;

/** A recording in which every probe's child is there, and one of them, the last unless told, has these records. */
function childrenWith(
  own: (pid: number) => readonly TraceRecord[],
  which = PROBED.length,
): TraceRecord[] {
  const children = Array.from({ length: PROBED.length + 1 }, (_, at) => ROOT + 1 + at);
  return [
    HEADER,
    EXEC,
    ...children.flatMap((child, at): TraceRecord[] => [
      { type: "fork", pid: ROOT, child, sharesMemory: false },
      ...at === which ? own(child) : [],
    ]),
  ];
}

/** The probes on 6.18, which has the rules of its version. */
async function probesOf618(): Promise<[header: HeaderRecord, ...rest: TraceRecord[]]> {
  const file = new URL("../kernels/6.18/probes.jsonl.gz", import.meta.url);
  const [header, ...rest] = await Array.fromAsync(readTrace(file));
  if (header?.type !== "header") throw new TypeError("There is no header");
  return [header, ...rest];
}

function rootOf(records: readonly TraceRecord[]): number | undefined {
  return records.find((each) => each.type === "exec")?.pid;
}

/**
 * Rules that decide nothing there: where several VMAs may move, mremap always checks first and looks the VMA up; and
 * that kernel was built without names of memory.
 */
const MOOT: readonly RuleName[] = ["mremapChecksFirst", "shrinkLooksUp", "namesSharedMemory"];

// What mlock2 passes over is seen by the flag that showsLockOnFault decides: wrongly assumed before 6.12.
for (const kernel of ["5.10.0", "6.1.0", "7.3.0"]) {
  Deno.test(`decide: what a probe needs of another rule is taken from that one's, later or not, and not from ${kernel}`, async () => {
    const [header, ...rest] = await probesOf618();
    const itsVersion = rulesOfRelease(header.kernel);
    const names = RULE_NAMES.filter((name) => PROBED.includes(name) && !MOOT.includes(name));
    const rules = Object.fromEntries(names.map((name) => [name, itsVersion[name]]));
    const probe = decide([{ ...header, kernel }, ...rest]);
    assertEquals(foundRules(probe), rules);
    const open = probe.rules.filter(({ name, status }) =>
      PROBED.includes(name) && status !== "found"
    );
    assertEquals(
      open.map(({ name, status }) => [name, status]),
      MOOT.map((name) => [name, "undecidable"]),
    );
  });
}

Deno.test("decide: records that do not begin with a header are none", () => {
  for (const records of [[], [EXEC]]) {
    assertThrows(() => decide(records), TypeError, "A recording of probes has no header");
  }
});

Deno.test("decide: without a child of its own a probe tells nothing, and the usual value stands beside", () => {
  const { rules, header, hintMinAddress } = decide([HEADER]);
  assertEquals([header, hintMinAddress], [HEADER, undefined]);
  assertEquals(rules.map(({ name }) => name), [...RULE_NAMES]);
  for (const { name, status, value, usual } of rules) {
    assertEquals(status, PROBED.includes(name) ? "unknown" : "unasked", name);
    assertEquals([value, usual === undefined], [undefined, false]);
  }
});

Deno.test("decide: a probe runs in a copy of what the first process had grown to", () => {
  const stack = {
    ...{ start: 0x7ffd_4e43_a000, end: 0x7ffd_4e45_b000, permissions: "rw-p", offset: 0 },
    ...{
      device: "00:00",
      inode: 0,
      name: "[stack]",
      vmFlags: "rd wr mr mw me gd ac",
      written: true,
    },
  };
  const start = stack.start - 0x1000;
  const args = [start, stack.end - start];
  const [, , ...children] = childrenWith((pid) => [
    { type: "enter", pid, call: "munmap", args },
    { type: "leave", pid, call: "munmap", result: 0, removed: [start], added: [] },
  ], PROBED.indexOf("seal"));
  const exec = { ...EXEC, layout: [stack] };
  const statusOf = (...grown: TraceRecord[]) =>
    decide([HEADER, exec, ...grown, ...children]).rules.find(({ name }) => name === "seal")?.status;
  assertEquals(statusOf({ type: "grow", pid: ROOT, start }), "undecidable");
  assertEquals(statusOf(), "unknown");
});

Deno.test("decide: what programs found at the limit is taken over, an open question too", () => {
  const told = (answers?: LimitAnswers) =>
    decide([HEADER], answers).rules.flatMap(({ name, status, value, usual }) =>
      name === "mremapReserve" || name === "adviseLimitAgain" ? [[name, status, value, usual]] : []
    );
  const { mremapReserve, adviseLimitAgain } = rulesOfRelease(HEADER.kernel);
  assertEquals(told(), [
    ["mremapReserve", "unasked", undefined, mremapReserve],
    ["adviseLimitAgain", "unasked", undefined, adviseLimitAgain],
  ]);
  assertEquals(told({ mremapReserve: "always", adviseLimitAgain: undefined }), [
    ["mremapReserve", "found", "always", mremapReserve],
    ["adviseLimitAgain", "undecidable", undefined, adviseLimitAgain],
  ]);
  assertEquals(told({ mremapReserve: undefined, adviseLimitAgain: false }), [
    ["mremapReserve", "undecidable", undefined, mremapReserve],
    ["adviseLimitAgain", "found", false, adviseLimitAgain],
  ]);
});

Deno.test("decide: a recording that names the rules it asked for is read by these, and asked for no other", async () => {
  const [header, ...rest] = await probesOf618();
  const names = header.command.slice(1);
  assertEquals(names, [...PROBED]);
  // As if the fourth rule was not known when it was made: its child belongs to none, and the others move up.
  const [forgotten] = names.splice(3, 1);
  const child =
    rest.flatMap((each) =>
      each.type === "fork" && each.pid === rootOf(rest) ? [each.child] : []
    )[3];
  const others = rest.filter((each) =>
    !("pid" in each && each.pid === child) && !(each.type === "fork" && each.child === child)
  );
  const { rules, hintMinAddress } = decide([
    { ...header, command: ["probe", ...names] },
    ...others,
  ]);
  const whole = decide([header, ...rest]);
  assertEquals(hintMinAddress, whole.hintMinAddress);
  for (const [at, rule] of rules.entries()) {
    if (rule.name === forgotten) assertEquals(rule.status, "unasked");
    else assertEquals(rule, whole.rules[at]);
  }
});

Deno.test("decide: hints begin where the last child's wish went, unless it was refused", () => {
  const call = "mmap" as const;
  const answered = (more: { result: number; error?: string }) =>
    decide(childrenWith((pid) => [
      { type: "enter", pid, call: "munmap", args: [0, 0] },
      { type: "leave", pid, call: "munmap", result: 7, removed: [], added: [] },
      { type: "enter", pid, call, args: [0x1000, 0x1000, 0, 0x22, -1, 0] },
      { type: "leave", pid, call, removed: [], added: [], ...more },
    ])).hintMinAddress;
  assertEquals(answered({ result: 0x10000 }), 0x10000);
  assertEquals(answered({ result: 0, error: "EPERM" }), undefined);
  assertEquals(decide(childrenWith(() => [])).hintMinAddress, undefined);
});

Deno.test("foundRules, optionsFound: the rules that have a value, and the lowest hint if it is known", () => {
  const probe = {
    header: HEADER,
    rules: [
      { name: "seal", value: false, usual: true, status: "found" },
      { name: "showsGuard", usual: true, status: "undecidable" },
    ],
  } as const;
  assertEquals(foundRules(probe), { seal: false });
  assertEquals(optionsFound(probe), { rules: { seal: false } });
  const told = { ...probe, hintMinAddress: 0x1000 };
  assertEquals(optionsFound(told), { rules: { seal: false }, hintMinAddress: 0x1000 });
});

Deno.test("askAtLimit: asked where the limit is near enough, and only of a program that ended by itself", () => {
  const asked = (limit: string | undefined, waited = 5, status = 0): string | undefined => {
    const libc: LibcCalls = fakeLibc({
      readText: (path) => path === "/proc/sys/vm/max_map_count" ? limit : undefined,
      spawn: (program, args) => program === "/p" && args.length === 1 && args[0] === "/p" ? 5 : 6,
      wait: (pid, into, options) => {
        into[0] = status;
        return pid === 5 && options === 0 ? waited : -1;
      },
    });
    return askAtLimit(libc, "/p", "mremapReserve");
  };
  assertEquals(asked("65530\n"), "to a target");
  assertEquals(asked(`${MOST_VMAS}\n`, 5, 244 << 8), "always");
  assertEquals(asked(`${MOST_VMAS + 1}\n`), undefined);
  assertEquals(asked(undefined), undefined);
  assertEquals(asked("65530\n", -1), undefined);
  assertEquals(asked("65530\n", 5, 9), undefined); // killed
  assertEquals(answerOf("mremapReserve", 12 << 8), undefined);
});

Deno.test("systemFacts: what the files say, and nothing of those that cannot be read", () => {
  const files: Record<string, string> = {
    "/proc/cpuinfo": "flags\t: fpu la57 pku ospke vme\nflags\t: fpu\n",
    "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "/proc/self/status": "Name:\tdeno\nCapInh:\t0000\nCapEff:\t000001ff\n",
    "/proc/sys/vm/max_map_count": "65530\n",
    "/proc/sys/vm/mmap_min_addr": "65536\n",
    "/proc/sys/vm/overcommit_memory": "0\n",
  };
  const of = (some: Record<string, string>) =>
    systemFacts(fakeLibc({ readText: (path) => some[path] }));
  assertEquals(of(files), {
    "page-table levels": "5",
    "protection keys": "yes",
    "transparent huge pages": "madvise",
    "max_map_count": "65530",
    "mmap_min_addr": "65536",
    "overcommit_memory": "0",
    "effective capabilities": "000001ff",
  });
  assertEquals(of({}), {});
  assertEquals(of({ "/proc/cpuinfo": "flags\t: fpu la570 nospke\n" }), {
    "page-table levels": "4",
    "protection keys": "no",
  });
});

Deno.test("probedOptions: what the system or Deno refuses gives no rules, what else goes wrong is thrown", async () => {
  const failing = (error: unknown) => probedOptions(() => Promise.reject(error));
  const refusals = [
    new RecordError("EPERM", "probe", "it may not be traced"),
    new Deno.errors.NotCapable("no --allow-ffi"),
    new Deno.errors.PermissionDenied("no folder"),
    Object.assign(new Error("no space left"), { code: "ENOSPC" }),
  ];
  for (const refusal of refusals) assertEquals(await failing(refusal), {}, refusal.message);
  for (const fault of [new TypeError("no header"), { code: "ENOSPC" }]) {
    const thrown = await failing(fault).then(() => undefined, (error) => error);
    assertEquals(thrown, fault);
  }
  const probe = decide([HEADER]);
  assertEquals(await probedOptions(() => Promise.resolve(probe)), { rules: {} });
});

Deno.test("probedOptions: where no program can be made to ask, the release decides", async () => {
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", "/dev/null");
  try {
    assertEquals(await probedOptions(), {});
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});

Deno.test("decide: a probe that needs a rule of a later probe is asked again after that one", async () => {
  const [header, ...rest] = await probesOf618();
  const forks = rest.flatMap((each) =>
    each.type === "fork" && each.pid === rootOf(rest) ? [each] : []
  );
  const names = ["lockOnFaultPasses", "showsLockOnFault"] as const;
  const [needing = -1, needed = -1] = names.map((name) => PROBED.indexOf(name));
  assert(needing < needed);
  const children = [needing, needed].map((at) => forks[at]?.child);
  const some = rest.filter((each) =>
    ["exec", "fork", "fault", "grow"].includes(each.type) && "pid" in each &&
      each.pid === rootOf(rest) ||
    "pid" in each && children.includes(each.pid)
  );
  const found = foundRules(decide([{ ...header, kernel: "5.10.0" }, ...some]));
  const itsVersion = rulesOfRelease(header.kernel);
  assertEquals(found, Object.fromEntries(names.map((name) => [name, itsVersion[name]])));
});
