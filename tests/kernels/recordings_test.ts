/**
 * Recordings made on kernels from 5.10 to 7.3, Debian's and Ubuntu's, in machines and as processes: each agrees to its
 * end by the rules of its kernel's version, and by what it settles itself where distributions carried a change back or
 * the machine's setting is not recorded.
 */
import { assert, assertEquals } from "@std/assert";
import { readTrace } from "../../src/trace/read.ts";
import type { HeaderRecord, TraceRecord } from "../../src/trace/format.ts";
import { rulesOf } from "../../src/replay/rules.ts";
import { formatDivergence } from "../../src/replay/divergence.ts";
import { replay } from "../../src/replay/replay.ts";
import { replaySettled } from "../../src/replay/settle.ts";
import { decide } from "../../src/probe/probe.ts";
import { RULE_NAMES, type RuleName, ruleValues } from "../../src/mm/rules/kernel_rules.ts";
import { present } from "../present.ts";

const FOLDER = new URL("./", import.meta.url);

/** What recordings settle themselves; the others agree by their kernel's version alone. */
const SETTLED: Readonly<Record<string, readonly string[]>> = {
  "5.10/fuzz-1": ["huge pages"],
  "6.1/fuzz-1": ["huge pages"],
  "6.1/fuzz-7": ["dontUnmapKeepsApart"],
  "6.1/huge-zero-page": ["huge zero page"],
  "6.12/fuzz-1": ["huge pages"],
};

function recordings(): string[] {
  return [...Deno.readDirSync(FOLDER)].filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name }) =>
      [...Deno.readDirSync(new URL(name, FOLDER))].map((file) =>
        `${name}/${file.name.replace(/\.jsonl\.gz$/, "")}`
      )
    ).sort();
}

function open(recording: string): AsyncIterable<TraceRecord> {
  return readTrace(new URL(`${recording}.jsonl.gz`, FOLDER));
}

for (const recording of recordings()) {
  Deno.test(`replaySettled: ${recording} agrees with its kernel at every step, validated`, async () => {
    const report = await replaySettled(() => open(recording), { validate: "touched" });
    const { divergence } = report;
    assertEquals(divergence && formatDivergence(divergence), undefined);
    assertEquals(report.matched, report.steps);
    const settled = report.assumed.map((each) => each.kind === "rule" ? each.name : each.kind);
    assertEquals(settled, SETTLED[recording] ?? []);
  });
}

/** Recordings that show a rule: under any other value of it they disagree. */
const SHOWS: Readonly<Record<RuleName, string>> = {
  alignAnonymous: "6.18/probes",
  alignFiles: "5.10/gcc",
  alignTakesUpperEnd: "6.1/fuzz-5209",
  seeksBelowGuardGap: "5.10/fuzz-41",
  newMapping: "6.1/gcc-next-first",
  unwrittenTakesWritten: "6.12/node",
  closeHookMerges: "6.18/probes",
  anonPageOffset: "7.3/anonpgoff",
  mapStackNoHugePages: "6.1/make",
  mapDroppable: "6.18/probes",
  sealedMapsForReading: "6.18/probes",
  secretIsLocked: "6.18/probes",
  replaceAtOnce: "6.18/probes",
  readOnlyDropsAccount: "6.1/fuzz-1",
  moveSeveralVmas: "6.12/fuzz-1",
  shrinkLooksUp: "5.10/fuzz-1",
  dontUnmapFiles: "6.18/probes",
  dontUnmapAccountsNext: "6.18/probes",
  dontUnmapKeepsApart: "7.3/keepself",
  dontUnmapSplitsLocked: "7.3/fuzz-1",
  dontUnmapResetsOffset: "7.3/fuzz-6",
  mremapReserve: "7.3/limit-0",
  ringNotForked: "7.3/fuzz-5104",
  doForkRefusesSpecial: "6.18/probes",
  processAdviseOnSelf: "6.18/probes",
  processAdviseChecksFirst: "7.3/fuzz-5108",
  adviseGuard: "6.1/fuzz-5",
  advisePopulate: "6.18/probes",
  adviseDontNeedLocked: "6.18/probes",
  adviseCollapse: "6.18/probes",
  adviseLimitAgain: "5.10/limit",
  lockOnFaultPasses: "5.10/fuzz-6104",
  populateStopsAtHole: "6.18/probes",
  mremapChecksFirst: "6.16/probes",
  dontUnmapDropsAccount: "6.16/probes",
  guardFiles: "6.18/probes",
  mapDroppableUnlocked: "6.18/probes",
  namesSharedMemory: "ubuntu-6.8/probes",
  seal: "6.18/probes",
  showsGuard: "6.17/fuzz-1",
  showsLockOnFault: "6.1/fuzz-1",
  showsHeapBeside: "process-6.1/probes",
  adviseHugePages: "process-6.12/probes",
  adviseMergeable: "process-6.12/probes",
  mapHugePages: "process-6.12/probes",
  protectWithKeys: "process-6.12/probes",
  heapExecutable: "process-6.12/probes",
};

for (const name of RULE_NAMES) {
  const recording = SHOWS[name];
  Deno.test(`replaySettled: ${recording} under another ${name} diverges, and the divergence names the rule`, async () => {
    const header = await headerOf(recording);
    const inForce = rulesOf(header);
    for (const wrong of ruleValues(name).filter((value) => value !== inForce[name])) {
      const edited = {
        ...header,
        hugePages: "always" as const,
        rules: { ...header.rules, [name]: wrong },
      };
      const report = await replaySettled(() => withHeader(open(recording), edited));
      const rules = report.wouldAgree.flatMap((each) => each.kind === "rule" ? [each.name] : []);
      assert(rules.includes(name), formatDivergence(present(report.divergence)));
    }
  });
}

/** What changed in MREMAP_DONTUNMAP with 7.2, and was carried back to many kernels at once. */
const DONTUNMAP: readonly RuleName[] = [
  "dontUnmapKeepsApart",
  "dontUnmapSplitsLocked",
  "dontUnmapResetsOffset",
];

/** How a kernel is built that runs as a process of another. */
const PROCESS: readonly RuleName[] = [
  "adviseHugePages",
  "adviseMergeable",
  "mapHugePages",
  "protectWithKeys",
  "heapExecutable",
];

/** In which rules kernels whose probes were recorded are not as their version would have them; in none unless given. */
const UNUSUAL: Readonly<Record<string, readonly RuleName[]>> = {
  "ubuntu-5.15/probes": ["sealedMapsForReading", ...DONTUNMAP],
  "ubuntu-6.8/probes": ["alignAnonymous", "secretIsLocked", ...DONTUNMAP],
  "ubuntu-6.11/probes": ["alignAnonymous"],
  "ubuntu-6.17/probes": ["dontUnmapDropsAccount"],
  "ubuntu-6.17-azure/probes": ["dontUnmapDropsAccount"],
  "ubuntu-7.0/probes": ["secretIsLocked", ...DONTUNMAP],
  "6.12-rt/probes": ["alignAnonymous", "alignFiles", "mapStackNoHugePages", "adviseHugePages"],
  "process-6.1/probes": ["alignFiles", ...PROCESS],
  "process-6.12/probes": ["alignAnonymous", "alignFiles", "mapStackNoHugePages", ...PROCESS],
  "process-7.2/probes": ["alignAnonymous", "alignFiles", "mapStackNoHugePages", ...PROCESS],
};

for (const recording of recordings().filter((name) => name.endsWith("/probes"))) {
  Deno.test(`decide: of ${recording} no rule is unknown, and those found are its version's`, async () => {
    const { rules } = decide(await Array.fromAsync(open(recording)));
    assertEquals(rules.filter(({ status }) => status === "unknown"), []);
    const others = rules.filter(({ value, usual }) => value !== undefined && value !== usual);
    assertEquals(others.map(({ name }) => name), UNUSUAL[recording] ?? []);
  });
}

async function headerOf(recording: string): Promise<HeaderRecord> {
  for await (const record of open(recording)) if (record.type === "header") return record;
  throw new TypeError("a trace without header");
}

async function* withHeader(
  records: AsyncIterable<TraceRecord>,
  header: TraceRecord,
): AsyncGenerator<TraceRecord> {
  for await (const record of records) yield record.type === "header" ? header : record;
}

Deno.test("replay: unknown VmFlags are carried along and told, and stop nothing", async () => {
  const records = [];
  for await (const record of open("5.10/gcc")) records.push(record);
  const report = await replay(records);
  assertEquals([report.otherFlags, report.matched], [["dw"], report.steps]);
  // Of a newer kernel: a flag that appears on a VMA after the first call.
  const line = present(records.find((record) => record.type === "exec")?.layout[0]);
  const added = [{ ...line, vmFlags: `${line.vmFlags} zz` }];
  const first = records.findIndex((record) => record.type === "leave");
  const edited = records.map((record, at) =>
    at === first && record.type === "leave" ? { ...record, removed: [line.start], added } : record
  );
  const other = await replay(edited);
  assertEquals([other.otherFlags.includes("zz"), other.divergence?.what], [true, undefined]);
});

Deno.test("rules: every one has its values in the order of versions, and a source", () => {
  for (const name of RULE_NAMES) assert(ruleValues(name).length >= 2, name);
});
