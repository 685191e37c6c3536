import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { EventFileError, formatEvents, parseEvents } from "../../src/load/event_file.ts";
import { EventList, forkedLife, lifeNumber, type LoadEvent, runOf } from "../../src/load/event.ts";
import { programOf } from "../../src/load/lives.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { drawnEvents, replayEvents, runLoad, type RunOptions } from "../../src/load/run.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { readTrace } from "../../src/trace/read.ts";
import { present } from "../present.ts";

const PROGRAMS = await readPrograms(
  ["cc1-2022", "cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`)),
);

/** A machine that is always short of memory. */
const OPTIONS: RunOptions = {
  programs: PROGRAMS,
  memoryPages: 600,
  swapPages: 2000,
  hugePages: "never",
  seed: 7,
  processes: 8,
  events: 20_000,
  locks: true,
  checkEvery: 2_000,
};

Deno.test("programOf: every step is in one life, and each life but the first is begun by one step", async () => {
  const trace = await compileTrace(readTrace(pathOf("traces/gcc-make.jsonl.gz")));
  const { lives } = programOf("gcc-make", trace);
  assertEquals(lives.reduce((sum, life) => sum + life.length, 0), trace.steps.length);
  const begun = lives.flatMap((life) => life.flatMap(({ begins }) => begins ?? []));
  assertEquals(begun.sort((a, b) => a - b), lives.keys().drop(1).toArray());
  assert(lives.length > 30, "make starts compilers");
});

Deno.test("programOf: a vfork child stays in its parent's life until it calls exec", async () => {
  const trace = await compileTrace(readTrace(pathOf("traces/gcc-make.jsonl.gz")));
  const { lives } = programOf("gcc-make", trace);
  const shared = lives.flat().filter(({ step }) =>
    step.type === "fork" && step.record.sharesMemory === true
  );
  assert(shared.length > 0);
  assert(shared.every(({ begins }) => begins === undefined));
});

Deno.test("load: too little memory finds nothing, swaps, and leaves nothing behind", async () => {
  const report = await runLoad(OPTIONS);
  assertEquals(report.finding, undefined);
  assertEquals(report.events, OPTIONS.events);
});

Deno.test("load: the same seed is the same run, another one is another", async () => {
  const first = await runLoad(OPTIONS);
  assertEquals(await runLoad(OPTIONS), first);
  assertNotEquals((await runLoad({ ...OPTIONS, seed: 8 })).hash, first.hash);
});

Deno.test("load: when swap is full too, the largest is killed and torn down whole", async () => {
  const report = await runLoad({ ...OPTIONS, memoryPages: 200, swapPages: 50 });
  assertEquals(report.finding, undefined);
  assert(report.killed > 0);
});

Deno.test("load: with huge pages for all memory nothing is found either", async () => {
  const report = await runLoad({ ...OPTIONS, memoryPages: 16_384, hugePages: "always" });
  assertEquals(report.finding, undefined);
});

Deno.test("load: the events that a seed draws replay to the same end", () => {
  const options = { ...OPTIONS, events: 2_000 };
  const events = [...drawnEvents(options, new EventList())];
  assertEquals(events.length, 2_000);
  assertEquals(replayEvents(options, events), { events: 2_000, finding: undefined });
});

Deno.test("EventList: gives back what was put in, beyond its first size too", () => {
  const list = new EventList();
  const events = Array.from({ length: 3_000 }, (_, i): LoadEvent => ({
    kind: i % 2 ? "write" : "step",
    life: lifeNumber(i + 1, 5),
    argument: 0x7fff_f7ff_f000 + i,
  }));
  for (const event of events) list.push(event);
  assertEquals([...list], events);
  assertEquals(runOf(lifeNumber(12, 34)), 12);
  // Lives that events forked come after those of any program, and are of the same run.
  const forked = [0, 1, 400_000].map(forkedLife);
  assertEquals(forked, [0, 1, 400_000].map((child) => 2 ** 19 + child));
  assertEquals(forked.map((life) => runOf(lifeNumber(12, life))), [12, 12, 12]);
});

Deno.test("event file: read as it was written; damage is one error with its line", () => {
  const machine = {
    format: 1,
    memoryPages: 600,
    swapPages: 0,
    hugePages: "never",
    programs: ["cc1-2022"],
  } as const;
  const events: LoadEvent[] = [{ kind: "start", life: 1, argument: 0 }];
  const text = formatEvents(machine, events);
  assertEquals(parseEvents("f", text), { machine, events });
  for (
    const [damaged, line] of [
      ["", 1],
      ["{}", 1],
      [text.replace('"never"', '"sometimes"'), 1],
      [text.replace('"start"', '"stop"'), 2],
      [text + "{", 3],
      [text + '{"kind":"step","life":-1,"argument":1}', 3],
      [text.replace('"memoryPages":600', '"memoryPages":1'), 1],
      [text.replace('"argument":0', '"argument":1'), 2], // there is one program only
      [text + '{"kind":"start","life":1,"argument":0}', 3],
      [text + '{"kind":"fork","life":1,"argument":1}\n'.repeat(2), 4],
    ] as const
  ) {
    assertThrows(() => parseEvents("f", damaged), EventFileError, `Cannot read f, line ${line}:`);
  }
});

Deno.test("event file: every field of the machine is checked, and what may be absent may", () => {
  const machine = {
    format: 1,
    memoryPages: 2,
    swapPages: 0,
    hugePages: "never",
    programs: ["one", "two"],
  } as const;
  const full = { ...machine, hugePages: "madvise", rules: "6.1", locks: true } as const;
  for (const good of [machine, full, { ...machine, hugePages: "always" }] as const) {
    assertEquals(parseEvents("f", formatEvents(good, [])).machine, good);
  }
  const wrong: readonly Record<string, unknown>[] = [
    { format: 2 },
    { memoryPages: 1 },
    { memoryPages: 2.5 },
    { memoryPages: "600" },
    { swapPages: -1 },
    { swapPages: undefined },
    { hugePages: "sometimes" },
    { locks: false },
    { rules: 6.1 },
    { programs: "one" },
    { programs: ["one", 2] },
  ];
  for (const field of wrong) {
    const text = JSON.stringify({ ...machine, ...field });
    assertThrows(() => parseEvents("f", text), EventFileError, "Cannot read f, line 1:");
  }
  for (const text of ["null", "1", "[]"]) {
    assertThrows(() => parseEvents("f", text), EventFileError, "line 1: it does not describe");
  }
});

Deno.test("event file: a run and a child may have the same number; each begins once", () => {
  const machine = {
    format: 1,
    memoryPages: 600,
    swapPages: 0,
    hugePages: "never",
    programs: ["one", "two"],
  } as const;
  const line = (kind: string, life: number, argument: number) =>
    JSON.stringify({ kind, life, argument });
  const read = (...lines: readonly string[]) =>
    parseEvents("f", [JSON.stringify(machine), ...lines].join("\n")).events.length;
  const first = line("start", 1, 1);
  assertEquals(read(first, "", line("fork", 1, 1), line("step", 1, 1), line("step", 1, 1)), 4);
  assertThrows(() => read(first, line("start", 1, 0)), EventFileError, "line 3: run 1 begins a");
  assertThrows(() => read(first, line("start", 2, 2)), EventFileError, "line 3: it starts program");
  assertThrows(
    () => read(first, line("fork", 1, 1), "", line("fork", 2, 1)),
    EventFileError,
    "line 5: child 1 begins a second time",
  );
  for (const no of [line("stop", 1, 1), line("step", -1, 1), line("step", 1, 0.5), "null"]) {
    assertThrows(() => read(first, no), EventFileError, "line 3: it is no event");
  }
});

Deno.test("load: under another kernel's rules a program ends where its call is answered otherwise", async () => {
  const rules = kernelRules("5.10");
  const files = ["cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`));
  const alike = await runLoad({
    ...OPTIONS,
    programs: await readPrograms(files, rules),
    mayPart: true,
  });
  assertEquals([alike.finding, alike.parted], [undefined, 0]); // compilers call nothing that came later

  // A compiler that seals an empty range at its start, which kernels before 6.10 do not know.
  const sealing = async (version: string) => {
    const records = await Array.fromAsync(readTrace(pathOf("traces/cc1-hello.jsonl.gz")));
    const at = records.findIndex((record) => record.type === "exec") + 1;
    const { pid } = present(records.find((record) => record.type === "exec"));
    const call = { pid, call: "mseal" } as const;
    records.splice(
      at,
      0,
      { type: "enter", ...call, args: [0x10000, 0, 0] },
      { type: "leave", ...call, result: 0, removed: [], added: [] },
    );
    const trace = await compileTrace(records, { rules: kernelRules(version) });
    return [programOf("sealing", trace)];
  };
  const after = await runLoad({ ...OPTIONS, programs: await sealing("6.12"), mayPart: true });
  assertEquals([after.finding, after.parted], [undefined, 0]);
  const before = await runLoad({ ...OPTIONS, programs: await sealing("6.1"), mayPart: true });
  assertEquals(before.finding, undefined);
  assert(before.parted > 0);
  const strict = await runLoad({ ...OPTIONS, programs: await sealing("6.1") });
  assertMatch(strict.finding?.message ?? "", /^mseal answers ENOSYS, recorded was 0x0$/);
});

// Each time it begins again the first of its pages are gone: without a limit it would be tried forever.
Deno.test("load: a call that populates more than fits ends with somebody's death", async () => {
  const programs = await readPrograms([pathOf("tests/replay/fields.jsonl.gz")]);
  const memory = { memoryPages: 60, swapPages: 150 };
  const options = { ...OPTIONS, ...memory, programs, processes: 4, seed: 11, events: 6_000 };
  const report = await runLoad({ ...options, hugePages: "madvise", locks: false });
  assertEquals(report.finding, undefined);
  assert(report.killed > 0);
});

// Random calls populate private file memory, move several VMAs at once, fail half done, and leave shared memory
// unmapped in swap.
const RANDOM_CALLS: readonly { readonly recording: string; readonly rules?: string }[] = [
  { recording: "7.3/fuzz-1" },
  { recording: "7.3/fuzz-5", rules: "5.10" },
  { recording: "7.3/fuzz-6" },
  { recording: "6.1/fuzz-1" },
  { recording: "6.1/fuzz-3" },
  { recording: "6.1/fuzz-5209" },
];
for (const { recording, rules } of RANDOM_CALLS) {
  const under = rules === undefined ? "" : ` under the rules of ${rules}`;
  Deno.test(`load: random calls of ${recording}${under} find nothing`, async () => {
    const files = [pathOf(`tests/kernels/${recording}.jsonl.gz`)];
    const programs = await readPrograms(files, rules === undefined ? rules : kernelRules(rules));
    for (const memoryPages of [300, 16_384]) {
      const memory = { memoryPages, swapPages: 65_536 };
      const options = { ...OPTIONS, ...memory, programs, processes: 3, checkEvery: 1_000 };
      const report = await runLoad({ ...options, events: 6_000, mayPart: rules !== undefined });
      assertEquals(report.finding, undefined);
      assert(rules === undefined || report.parted > 0);
    }
  });
}

Deno.test("load: --rules of a kernel newer than the table is told, in JSON too", async () => {
  const main = pathOf("src/load/main.ts");
  const trace = pathOf("traces/cc1-2022.jsonl.gz");
  const args = ["run", "-q", "--no-check", "--allow-read", "--config", pathOf("deno.json"), main];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, "--json", "--steps", "1000", "--rules", "9.9", trace],
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals([code, err!.match(/load: --rules 9\.9 .* taken as 7\.3\n$/)?.length], [0, 1]);
  const { rulesTakenAs }: Record<string, unknown> = JSON.parse(out!);
  assertEquals(rulesTakenAs, "7.3");
});
