/**
 * A kernel's mm/vma.c beside `src/mm`. Skipped where there is none, or no compiler.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { build } from "../../src/kernel/build.ts";
import { Verb } from "../../src/kernel/operation.ts";
import { checkVma, type VmaCheckResult } from "../../src/kernel/vma/check.ts";
import { missing, newestSource, planted } from "./planting.ts";

const source = await missing() === undefined ? await newestSource() : undefined;
const isOld = source !== undefined && /^6\.([0-9]|1[01])\./.test(source.version);
const why = source === undefined
  ? await missing()
  : isOld
  ? "the newest source is before 6.12"
  : undefined;

async function checked(program: string): Promise<VmaCheckResult> {
  const signal = new AbortController().signal;
  return await checkVma({
    program,
    release: source!.version,
    limitMs: 10_000,
    steps: 4_000,
    seed: 3,
    signal,
    onProgress: () => {},
  });
}

/** Builds a tree with another `mm/vma.c` and checks it. */
async function checkedPlanted(edit: (code: string) => string): Promise<VmaCheckResult> {
  const broken = await planted(source!, (code) => code);
  try {
    await Deno.remove(`${broken.folder}/mm`);
    await Deno.mkdir(`${broken.folder}/mm`);
    for (const name of ["vma.h", "vma_init.c", "vma_exec.c", "internal.h"]) {
      const from = `${source!.folder}/mm/${name}`;
      await Deno.symlink(from, `${broken.folder}/mm/${name}`).catch(() => {});
    }
    const code = await Deno.readTextFile(`${source!.folder}/mm/vma.c`);
    await Deno.writeTextFile(`${broken.folder}/mm/vma.c`, edit(code));
    const built = await build(broken, "vma");
    const result = await checked(built.program);
    await Deno.remove(built.program);
    return result;
  } finally {
    await Deno.remove(broken.folder, { recursive: true });
  }
}

/** Puts a statement at the beginning of a function's body. The code after it stays, so that all it uses is used. */
function startingWith(head: RegExp, statement: string): (code: string) => string {
  return (code) => {
    const found = head.exec(code)![0];
    return code.replace(found, `${found}\n\t${statement}\n`);
  };
}

const suffix = why === undefined ? "" : ` (skipped: ${why})`;

Deno.test({
  name: `kernel check --vma: a sound vma.c has the VMAs of src/mm${suffix}`,
  ignore: why !== undefined,
  fn: async () => {
    const sound = await build(source!, "vma");
    assertEquals((await checked(sound.program)).found, undefined);
  },
});

Deno.test({
  name: `kernel check --vma: a vma.c that never merges is found${suffix}`,
  ignore: why !== undefined,
  fn: async () => {
    const head = /struct vm_area_struct \*vma_merge_new_range\([^)]*\)\s*\{/;
    const { found } = await checkedPlanted(startingWith(head, "if (vmg->start != 1) return NULL;"));
    assertEquals(found?.shrunk.length, 2);
    assertStringIncludes(found!.shown.text, "expected");
  },
});

Deno.test({
  name: `kernel check --vma: VMAs of different files that merge are found${suffix}`,
  ignore: why !== undefined,
  fn: async () => {
    const { found } = await checkedPlanted((code) =>
      code.replace("vma->vm_file != vmg->file", "vma->vm_file != vmg->file && vmg->start == 1")
    );
    assertEquals(found?.shrunk.length, 2);
    assert(found!.shrunk.some(({ verb }) => verb === Verb.VMA_MAP_FILE));
  },
});
