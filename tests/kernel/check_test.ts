/**
 * A check from end to end, on Debian's source and on copies of it that are broken on purpose. Skipped where there is no
 * source or no compiler.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { build } from "../../src/kernel/build.ts";
import { check, type CheckResult } from "../kernel_check/check.ts";
import { formatCheck } from "../kernel_check/report.ts";
import { openTarget, type Target } from "../kernel_check/target.ts";
import { type Operation, operation, Verb } from "../../src/kernel/operation.ts";
import { exists } from "../../src/kernel/cache.ts";
import type { Case } from "../kernel_check/streams/case.ts";
import { goldenCases } from "../kernel_check/streams/golden.ts";
import { atStartOf, missing, newestSource, planted } from "./planting.ts";

const why = await missing();

function kernelTest(name: string, act: () => Promise<void>): void {
  const skipped = why === undefined ? "" : ` (skipped: ${why})`;
  Deno.test({ name: `${name}${skipped}`, ignore: why !== undefined, fn: act });
}

const SIGNAL = new AbortController().signal;

function caseOf(operations: readonly Operation[], readers = false): Case {
  return {
    group: "test",
    name: "list",
    options: { gaps: true, readers },
    operations: () => operations,
  };
}

async function checked(target: Target, cases: readonly Case[]): Promise<CheckResult> {
  return await check({ target, cases, steps: 0, seed: 1, signal: SIGNAL, onProgress: () => {} });
}

/** Checks a tree with another `lib/maple_tree.c`. */
async function checkPlanted(
  edit: (code: string) => string,
  cases: readonly Case[],
  limitMs = 10_000,
): Promise<{ result: CheckResult; text: string }> {
  const source = await planted(await newestSource(), edit);
  try {
    const built = await build(source);
    const target = await openTarget(built, { limitMs, shape: false });
    const result = await checked(target, cases);
    await Deno.remove(built.program);
    return { result, text: formatCheck(target, result, 1) };
  } finally {
    await Deno.remove(source.folder, { recursive: true });
  }
}

/** Sixty ranges, some cleared, lookups between: nothing that a sound tree gets wrong. */
function sixtyRanges(): Operation[] {
  const list: Operation[] = [];
  for (let i = 0; i < 60; i++) {
    list.push(operation(Verb.STORE, i * 0x10, i * 0x10 + 0xf, i + 1));
    if (i % 3 === 0) list.push(operation(Verb.STORE, i * 0x10 + 4, i * 0x10 + 7, 0));
    list.push(operation(Verb.LOAD, i * 0x10));
  }
  return list;
}

kernelTest(
  "kernel check: Debian's newest source passes the golden streams, and is built once",
  async () => {
    const source = await newestSource();
    const target = await openTarget(await build(source), { limitMs: 10_000, shape: false });
    const cases = await goldenCases(target.features);
    const result = await checked(target, cases);
    assertEquals(result.found, undefined);
    assertEquals(result.groups.map(({ cases }) => cases), [7]);
    assert(target.present.every(({ isExpected }) => isExpected));
    assert((await build(source)).isCached);
  },
);

// Indices end at 2^53 - 1 here and at 2^64 - 1 there, and so the free range after the last entry differs in length.
kernelTest("kernel check: node by node, trees up to 7.1 lie like Maple's", async () => {
  const built = await build(await newestSource());
  if (!built.features.isShapeKnown) return;
  const target = await openTarget(built, { limitMs: 10_000, shape: true });
  const high = [operation(Verb.STORE, 0x7fff_8d59_2000, 0x7fff_8d5b_2fff, 99)];
  const result = await checked(target, [caseOf([...high, ...sixtyRanges()])]);
  assertEquals(result.found, undefined);
});

kernelTest(
  "kernel check: a store that loses a value is found and shrunk to what shows it",
  async () => {
    const lose = atStartOf("mtree_store_range", "if (entry == xa_mk_value(31)) entry = NULL;");
    const { result, text } = await checkPlanted(lose, [caseOf(sixtyRanges())]);
    const { shrunk, difference } = result.found!;
    assertEquals(difference.operation.c, 31);
    assertEquals(shrunk!.operations.length, 1);
    assert(shrunk!.isMinimal);
    assertMatch(text, /Shrunk from \d+ to 1 operation: none can be removed/);
    assertMatch(text, /static noinline void __init check_found_by_maple\(/);
    assertMatch(text, /MT_BUG_ON\(mt, mtree_load\(mt, 0x0\) != xa_mk_value\(31\)\)/);
    assertMatch(text, /tree\.store\(0x0, 0xf, 31\);/);
  },
);

kernelTest(
  "kernel check: a tree that loops for ever is ended, and the operation named",
  async () => {
    const loop = atStartOf("mtree_load", "while (index == 0x1e0) barrier();");
    const { result, text } = await checkPlanted(loop, [caseOf(sixtyRanges())], 1000);
    assertEquals(result.found?.difference.kind, "hang");
    assertMatch(text, /did not end within/);
    const { pid } = result.found!.finding;
    assert(!await exists(`/proc/${pid}`), "the driver is still there");
  },
);

kernelTest(
  "kernel check: a tree that crashes is told by its signal, and the operation named",
  async () => {
    const crash = atStartOf("mtree_load", "if (index == 0x1e0) *(volatile int *)8 = 1;");
    const { result, text } = await checkPlanted(crash, [caseOf(sixtyRanges())]);
    assertEquals(result.found?.difference.kind, "crash");
    assertMatch(text, /it crashed: SIGSEGV/);
  },
);

kernelTest(
  "kernel check: what a tree prints does not disturb the answers, and is shown",
  async () => {
    const print = atStartOf("mtree_load", 'if (index == 0x1e0) printf("here I am\\n");');
    const { result, text } = await checkPlanted(print, [caseOf(sixtyRanges())]);
    assertEquals(result.found, undefined);
    assertMatch(text, /The tree prints\. First in list, at store 0x1d0 0x1df 0x1e:\n {2}here I am/);
  },
);

kernelTest(
  "kernel check: a known fault that depends on the nodes ends its case and not the check",
  async () => {
    const target = await openTarget(await build(await newestSource()), {
      limitMs: 10_000,
      shape: false,
    });
    const [fault] = target.setting.explaining;
    if (fault === undefined) return;
    const met: Case = {
      group: "test",
      name: "a root with 16 children",
      options: { gaps: false, readers: true },
      operations: () => fault.program,
    };
    const result = await checked(target, [met, caseOf(sixtyRanges())]);
    assertEquals(result.found, undefined);
    assertEquals([...result.ended], [[fault.name, 1]]);
    assertEquals(result.groups.map(({ cases }) => cases), [2]);
    assertMatch(formatCheck(target, result, 1), /\(it ended a case\)/);
  },
);
