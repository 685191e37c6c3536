/** Asking the running kernel: every rule has a value that the model knows, and other kernels' answers differ. */
import { needing } from "../needing.ts";
import { assert, assertEquals } from "@std/assert";
import { Libc } from "../../src/capture/libc.ts";
import { record } from "../../src/capture/record.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import {
  RULE_NAMES,
  type RuleName,
  type RuleValues,
  ruleValues,
} from "../../src/mm/rules/kernel_rules.ts";
import { decide, foundRules, type KernelProbe, probeKernel } from "../../src/probe/probe.ts";
import { PROBED } from "../../src/probe/programs.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { PAGE_SIZE } from "../../src/abi/page.ts";
import {
  answerOf,
  askAtLimit,
  LIMIT_RULES,
  limitTable,
  MOST_VMAS,
} from "../../src/probe/at_limit.ts";
import { optionsFound } from "../../src/probe/recorded_rules.ts";
import { replay } from "../../src/replay/replay.ts";
import { outputOf } from "../../src/command/child.ts";
import { pathOf } from "../../src/command/paths.ts";
import { readTrace } from "../../src/trace/read.ts";
import { rulesOfRelease } from "../../src/replay/rules.ts";
import { replaySettled } from "../../src/replay/settle.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { present } from "../present.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { executable } from "../../src/verify/executable.ts";
import { impossible } from "../capture/capturing.ts";

const recorded = impossible ? [] : (await probeKernel()).recording;

Deno.test({
  ...needing(
    "probe: on the running kernel no rule is unknown, and those found are told in the header's form",
    impossible,
  ),
  fn() {
    const probe = decide(recorded);
    assertEquals(probe.rules.map(({ name }) => name), [...RULE_NAMES]);
    assertEquals(probe.rules.filter(({ status }) => status === "unknown"), []);
    const found = probe.rules.filter(({ status }) => status === "found");
    assertEquals(Object.keys(foundRules(probe)), found.map(({ name }) => name));
    assert(found.length > PROBED.length / 2);
  },
});

/** Rules that decide nothing where another one has a value, or where the system lacks something. */
function mootRules(found: RuleValues): string[] {
  const hasSecrets = recorded.some((each) =>
    each.type === "leave" && each.added.some(({ name }) => name.includes("secretmem"))
  );
  // Of files on overlayfs, as in a container, none is aligned, and no two mappings join.
  const isStacked = recorded.some((each) => each.type === "enter" && each.file?.stacked === true);
  const namesMemory = recorded.some((each) =>
    each.type === "leave" && each.call === "prctl" && each.error !== "EINVAL"
  );
  const moot: [name: RuleName, isMoot: boolean][] = [
    ["alignFiles", isStacked],
    ["alignTakesUpperEnd", isStacked || found.alignFiles === false],
    ["anonPageOffset", isStacked],
    ["secretIsLocked", !hasSecrets],
    // Where no VMA is looked up before a move, the target is looked at first whatever the rule.
    ["mremapChecksFirst", found.moveSeveralVmas === true || found.shrinkLooksUp === false],
    ["shrinkLooksUp", found.moveSeveralVmas === true],
    ["guardFiles", found.adviseGuard === false],
    ["populateStopsAtHole", found.advisePopulate === false],
    ["processAdviseChecksFirst", found.processAdviseOnSelf === false],
    ["mapDroppableUnlocked", found.mapDroppable === false],
    ["namesSharedMemory", !namesMemory],
    ["showsGuard", found.adviseGuard === false],
  ];
  return moot.flatMap(([name, isMoot]) => isMoot ? [name] : []);
}

Deno.test({
  ...needing(
    "probe: each rule that has a probe is found, unless another rule leaves it nothing to decide",
    impossible || !hasHugePages() && "it has no transparent huge pages",
  ),
  fn() {
    const probe = decide(recorded);
    const undecided = probe.rules.filter(({ name, status }) =>
      PROBED.includes(name) && status !== "found"
    );
    assertEquals(undecided.map(({ name }) => name), mootRules(foundRules(probe)));
  },
});

Deno.test({
  ...needing("probe: what is found does not depend on what the release would have", impossible),
  fn() {
    const [header, ...rest] = recorded;
    if (header?.type !== "header") throw new TypeError("There is no header");
    const probe = decide(recorded);
    for (const kernel of ["5.10.0", "6.12.0", "7.3.0"]) {
      const other = decide([{ ...header, kernel }, ...rest]);
      assertEquals(foundRules(other), foundRules(probe));
      assertEquals(other.rules.map(({ usual }) => usual), usualOf(kernel));
    }
  },
});

Deno.test({
  ...needing(
    "probe: hints begin where the kernel put the lowest one, not below vm.mmap_min_addr",
    impossible,
  ),
  fn() {
    const { header, hintMinAddress } = decide(recorded);
    assert(present(hintMinAddress) >= Math.max(header.mmapMinAddress, PAGE_SIZE));
    const hint = present(
      recorded.findLast((each) => each.type === "enter" && each.call === "mmap"),
    );
    assertEquals(hint.type === "enter" && hint.args[0], PAGE_SIZE);
  },
});

Deno.test({
  ...needing(
    "verify: a hint below the lowest address agrees with the kernel, whatever holds that up",
    impossible,
  ),
  fn: async () => {
    const table = new CallTable(Deno.build.arch);
    for (let calls = 0; calls < 3; calls++) {
      table.add("mmap", PAGE_SIZE, PAGE_SIZE, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    table.add("exit_group", 0);
    const directory = await Deno.makeTempDir();
    try {
      const program = `${directory}/low`;
      const text = executable(Deno.build.arch, table.calls);
      await Deno.writeFile(program, text, { mode: 0o700 });
      const options = optionsFound(decide(recorded));
      const report = await replay(record([program], options));
      assertEquals([report.divergence?.what, report.matched], [undefined, report.steps]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  ...needing(
    "probe: what a recording cannot show is asked for near the limit, by the way",
    impossible,
  ),
  fn: async () => {
    const statuses = (probe: KernelProbe) =>
      probe.rules.flatMap(({ name, status }) =>
        LIMIT_RULES.some((rule) => rule === name) ? [status] : []
      );
    const quick = await probeKernel();
    assertEquals(statuses(quick), ["unasked", "unasked"]);
    assertEquals(foundRules(quick), foundRules(decide(recorded)));
    const limit = decide(recorded).header.maxMapCount;
    const asked = limit <= MOST_VMAS ? "found" : "undecidable";
    assertEquals(statuses(await probeKernel({ thorough: true })), [asked, asked]);
  },
});

for (const rule of LIMIT_RULES) {
  Deno.test({
    ...needing(
      `askAtLimit: the program that makes VMAs up to the limit finds the ${rule} that the release has`,
      impossible,
    ),
    fn: async () => {
      using folder = TemporaryFolder.create("maple-limit-");
      const [program, file] = ["limit", "data"].map((name) => `${folder.path}/${name}`);
      await Deno.writeFile(file!, new Uint8Array(1));
      const table = executable(Deno.build.arch, limitTable(Deno.build.arch, file!, rule));
      await Deno.writeFile(program!, table, { mode: 0o700 });
      const libc = new Libc();
      const limit = Number(libc.readText("/proc/sys/vm/max_map_count"));
      const { [rule]: usual } = rulesOfRelease(Deno.osRelease());
      assertEquals(askAtLimit(libc, program!, rule), limit <= MOST_VMAS ? usual : undefined);
    },
  });
}

Deno.test("answerOf: the error is the low byte of a status, and what ended otherwise says nothing", () => {
  const statuses = [0, 244 << 8, 245 << 8, 1 << 8, 11];
  assertEquals(
    statuses.map((status) => answerOf("mremapReserve", status)),
    ["to a target", "always", undefined, undefined, undefined],
  );
  assertEquals(
    statuses.map((status) => answerOf("adviseLimitAgain", status)),
    [undefined, false, true, undefined, undefined],
  );
});

function usualOf(kernel: string): (string | boolean)[] {
  const usual = rulesOfRelease(kernel);
  return RULE_NAMES.map((name) => usual[name]);
}

function hasHugePages(): boolean {
  const text = new Libc().readText("/sys/kernel/mm/transparent_hugepage/enabled");
  return text !== undefined && !text.includes("[never]");
}

Deno.test({
  ...needing("probe: --out keeps the calls as a trace that tells what was found", impossible),
  fn: async () => {
    using folder = TemporaryFolder.create("maple-test-");
    const out = `${folder.path}/probes.jsonl.gz`;
    const { success, stdout } = await outputOf(Deno.execPath(), {
      args: ["run", "-q", "-P=probe", "src/probe/main.ts", "--json", "--out", out],
      cwd: pathOf(""),
    });
    assert(success);
    const told = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(Number(told["addresses to"]), decide(recorded).header.taskSize);
    const kept = await Array.fromAsync(readTrace(out));
    assertEquals(foundRules(decide(kept)), foundRules(decide(recorded)));
    const { divergence, steps, assumed } = await replaySettled(() => kept);
    assertEquals([divergence, steps > PROBED.length, assumed], [undefined, true, []]);
  },
});

/** The recording with what one call answered changed, as another kernel would have. */
function answered(call: string, advice: number | undefined, error: string): TraceRecord[] {
  const entered = new Map<number, readonly number[]>();
  return recorded.map((each) => {
    if (each.type === "enter") entered.set(each.pid, each.args);
    if (each.type !== "leave" || each.call !== call) return each;
    if (advice !== undefined && entered.get(each.pid)?.[2] !== advice) return each;
    return { ...each, result: 0, error, removed: [], added: [] };
  });
}

Deno.test({
  ...needing(
    "probe: a kernel without mseal, and one without guard pages, is told apart",
    impossible,
  ),
  fn() {
    assertEquals(foundRules(decide(answered("mseal", undefined, "ENOSYS"))).seal, false);
    assertEquals(foundRules(decide(answered("madvise", 103, "EINVAL"))).adviseGuard, false);
  },
});

Deno.test({
  ...needing(
    "probe: an answer that no value of the rule gives is unknown, and the others stay",
    impossible,
  ),
  fn() {
    const { rules } = decide(answered("mseal", undefined, "EPERM"));
    const unknown = rules.filter(({ status }) => status === "unknown").map(({ name }) => name);
    assertEquals(unknown, ["seal"]);
  },
});

for (const name of PROBED) {
  Deno.test({
    ...needing(
      `probe: a recording whose header has another ${name} diverges, and the divergence names the rule`,
      impossible,
    ),
    fn: async () => {
      const probe = decide(recorded);
      const { value } = present(probe.rules.find((rule) => rule.name === name));
      if (value === undefined) return; // another rule of this kernel leaves it nothing to decide
      for (const wrong of ruleValues(name).filter((each) => each !== value)) {
        const header = { ...probe.header, rules: { ...foundRules(probe), [name]: wrong } };
        const report = await replaySettled(() => [header, ...recorded.slice(1)]);
        const rules = report.wouldAgree.flatMap((each) => each.kind === "rule" ? [each] : []);
        const settled = report.assumed.flatMap((each) => each.kind === "rule" ? [each] : []);
        const named = [...rules, ...settled].map((each) => `${each.name} ${each.value}`);
        assert(named.includes(`${name} ${value}`), `${wrong}: ${named.join()}`);
      }
    },
  });
}
