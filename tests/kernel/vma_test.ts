/**
 * A kernel's mm/vma.c beside `src/mm`. Skipped where there is none, or no compiler.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { build } from "../../src/kernel/build.ts";
import { vmaMacros } from "../../src/kernel/features.ts";
import { Verb } from "../../src/kernel/operation.ts";
import { checkVma, type VmaCheckResult } from "../../src/kernel/vma/check.ts";
import { notDriven } from "../../src/kernel/vma/command.ts";
import { FILE_NUMBERS } from "../../src/kernel/vma/operands.ts";
import { shrinkTrace } from "../../src/kernel/vma/shrink.ts";
import { checkTrace, operationsOf, type TraceCheckResult } from "../../src/kernel/vma/traces.ts";
import { readTrace } from "../../src/trace/read.ts";
import { tracePaths } from "../kernel_check/streams/traces.ts";
import { missing, newestSource, plantedAt } from "./planting.ts";

const source = await missing() === undefined ? await newestSource() : undefined;
const isOld = source !== undefined && /^6\.([0-9]|1[01])\./.test(source.version);
const why = source === undefined
  ? await missing()
  : isOld
  ? "the newest source is before 6.12"
  : undefined;
const suffix = why === undefined ? "" : ` (skipped: ${why})`;

function vmaTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `kernel check --vma: ${name}${suffix}`, ignore: why !== undefined, fn });
}

const COMMON = { limitMs: 10_000, signal: new AbortController().signal };

async function checked(program: string, steps = 4_000): Promise<VmaCheckResult> {
  const { version: release } = source!;
  return await checkVma({ ...COMMON, program, release, steps, seed: 3, onProgress: () => {} });
}

async function checkedTrace(program: string, path: string | URL): Promise<TraceCheckResult> {
  return await checkTrace(readTrace(path), { ...COMMON, program, release: source!.version });
}

/** Builds a tree with another `mm/vma.c`, and calls `use` with it. */
async function withPlanted<T>(
  edit: (code: string) => string,
  use: (program: string) => Promise<T>,
): Promise<T> {
  const copy = await Deno.makeTempDir({ prefix: "maple-kernel-" });
  const planting = (code: string) => {
    const other = edit(code);
    assert(other !== code, "nothing was planted");
    return other;
  };
  try {
    const broken = await plantedAt(source!, copy, { "mm/vma.c": planting });
    const built = await build(broken, "vma");
    const result = await use(built.program);
    await Deno.remove(built.program);
    return result;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Puts a statement at the beginning of a function's body. The code after it stays, so that all it uses is used. */
function startingWith(head: RegExp, statement: string): (code: string) => string {
  return (code) => {
    const found = head.exec(code)![0];
    return code.replace(found, () => `${found}\n\t${statement}\n`);
  };
}

const MERGE_NEW = /struct vm_area_struct \*vma_merge_new_range\([^)]*\)\s*\{/;
const COPY = /^struct vm_area_struct \*copy_vma\([^)]*\)\s*\{/m;

vmaTest("a sound vma.c has the VMAs of src/mm", async () => {
  const sound = await build(source!, "vma");
  assertEquals((await checked(sound.program)).found, undefined);
});

// A trace whose steps all came to nothing would agree with anything.
vmaTest("a sound vma.c has the VMAs of every recorded trace, to its end", async () => {
  const { program } = await build(source!, "vma");
  for (const [name, path] of tracePaths()) {
    const { found, left, steps, operations } = await checkedTrace(program, path);
    assertEquals([found, left], [undefined, undefined], name);
    assert(operations > steps / 2, `${name}: ${operations} operations in ${steps} steps`);
  }
});

// Recordings of another kernel hold every call: they map segments, seal, lock, move several VMAs, fail halfway.
vmaTest("a sound vma.c has the VMAs of recordings made elsewhere", async () => {
  const { program } = await build(source!, "vma");
  for (const name of ["6.1/fuzz-7", "6.12/fuzz-1", "7.3/fuzz-6", "5.10/gcc", "7.3/limit-3"]) {
    const path = new URL(`../kernels/${name}.jsonl.gz`, import.meta.url);
    assertEquals((await checkedTrace(program, path)).found, undefined, name);
  }
});

vmaTest("a vma.c that never merges is found", async () => {
  const never = startingWith(MERGE_NEW, "if (vmg->start != 1) return NULL;");
  const { found } = await withPlanted(never, checked);
  assertEquals(found?.shrunk.length, 2);
  assertStringIncludes(found!.shown.text, "expected");
});

vmaTest("VMAs of different files that merge are found", async () => {
  const { found } = await withPlanted(
    (code) =>
      code.replace("vma->vm_file != vmg->file", "vma->vm_file != vmg->file && vmg->start == 1"),
    checked,
  );
  const maps = found!.shrunk.filter(({ verb }) => verb === Verb.VMA_MAP_FILE);
  const files = maps.map(({ d }) => d % FILE_NUMBERS);
  // Two that meet when one is mapped, or when one is changed later.
  assert(found!.shrunk.length <= 3);
  assertEquals(new Set(files).size, 2);
});

vmaTest("an mremap whose copy has a wrong page offset is found", async () => {
  const { found } = await withPlanted(startingWith(COPY, "pgoff++;"), checked);
  assertEquals(found?.difference.operation.verb, Verb.VMA_REMAP);
  assert(found!.shrunk.length <= 3);
});

vmaTest("a heap that does not grow in its VMA is found", async () => {
  const never = (code: string) => {
    const isField = /\bvmg->just_expand\b/.test(code);
    const condition = isField ? "vmg->just_expand" : "vmg->merge_flags & VMG_FLAG_JUST_EXPAND";
    return startingWith(MERGE_NEW, `if (${condition}) return NULL;`)(code);
  };
  const { found } = await withPlanted(never, checked);
  assertEquals(found?.difference.operation.verb, Verb.VMA_BRK);
  assertEquals(found?.shrunk.map(({ verb }) => verb), [Verb.VMA_BRK, Verb.VMA_BRK]);
});

vmaTest("a fork's copy that merges as if it shared no anon_vma is found", async () => {
  const { found } = await withPlanted(
    (code) => code.replaceAll(/list_is_singular\(&(\w+)->anon_vma_chain\)/g, "true"),
    checked,
  );
  assert(found!.shrunk.some(({ verb }) => verb === Verb.VMA_FORK));
});

vmaTest("a fault is found in a recorded trace, named, and shrunk", async () => {
  const off = startingWith(MERGE_NEW, "if (vmg->start % 0x10000 == 0x4000) return NULL;");
  const path = tracePaths().get("cc1-large")!;
  const release = source!.version;
  const { found, steps, shrunk } = await withPlanted(off, async (program) => {
    const result = await checkedTrace(program, path);
    const request = { ...COMMON, program, release };
    return { ...result, shrunk: await shrinkTrace(readTrace(path), result.found!, request) };
  });
  assertEquals(found?.step, steps);
  console.log(
    JSON.stringify(await operationsOf(shrunk!.records, release), null, 1),
    shrunk!.found.text,
  );
  // A program begins, and maps once or twice what should have become one.
  assert(shrunk!.steps.after <= 3, `${shrunk!.steps.after} steps are left`);
  assertEquals(shrunk!.steps.before, steps);
  assertEquals(shrunk!.found.step, shrunk!.steps.after);
  const asked = await operationsOf(shrunk!.records, release);
  assertEquals(asked[0]?.name, "exec");
  assertEquals(asked.at(-1), { name: shrunk!.found.name, operations: shrunk!.found.operations });
  assertMatch(found!.name, /^(mmap|brk)$/);
  assertMatch(found!.text, /expected map_count (\d+).*\n.*has map_count (?!\1)\d+/);
});

vmaTest("a crash in a recorded trace is told with its step", async () => {
  const crash = "if (vmg->start % 0x10000 == 0x4000) *(volatile int *)8 = 1;";
  const path = tracePaths().get("cc1-large")!;
  const { found } = await withPlanted(
    startingWith(MERGE_NEW, crash),
    (program) => checkedTrace(program, path),
  );
  assertMatch(found!.name, /^(mmap|brk)$/);
  assertMatch(found!.operations.at(-1)!, /^(map|brk) /);
  assertMatch(found!.text, /^it crashed: SIGSEGV$/);
});

vmaTest("what is not the tree's own code is said of the tree itself", async () => {
  const macros = await vmaMacros(source!);
  const text = notDriven(source!, macros);
  const own = macros.includes("-DHAVE_MMAP_REGION");
  assertMatch(text, own ? /called as they are: mmap_region\(\)/ : /mmap_region\(\).* mm\/mmap\.c/);
  assertEquals(
    /mm\/mmap\.c/.test(notDriven({ version: "7.3.4" }, [
      "-DHAVE_MMAP_REGION",
      "-DHAVE_BRK_FLAGS",
      "-DHAVE_EXPAND_DOWNWARDS",
    ])),
    false,
  );
});
