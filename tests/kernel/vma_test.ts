/**
 * A kernel's mm/vma.c beside `src/mm`. Skipped where there is none, or no compiler.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { build } from "../../src/kernel/build.ts";
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
    limitMs: 10_000,
    steps: 4_000,
    seed: 3,
    signal,
    onProgress: () => {},
  });
}

Deno.test({
  name: `kernel check --vma: a sound vma.c has the VMAs of src/mm, one that never merges is found${
    why === undefined ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  fn: async () => {
    const sound = await build(source!, "vma");
    assertEquals((await checked(sound.program)).found, undefined);
    const broken = await planted(source!, (code) => code);
    try {
      await Deno.remove(`${broken.folder}/mm`);
      await Deno.mkdir(`${broken.folder}/mm`);
      for (const name of ["vma.h", "vma_init.c", "vma_exec.c", "internal.h"]) {
        const from = `${source!.folder}/mm/${name}`;
        await Deno.symlink(from, `${broken.folder}/mm/${name}`).catch(() => {});
      }
      const code = await Deno.readTextFile(`${source!.folder}/mm/vma.c`);
      const head = /struct vm_area_struct \*vma_merge_new_range\([^)]*\)\s*\{/.exec(code)![0];
      // The code after the return stays, so that all it uses is used.
      const never = `${head}\n\tif (vmg->start != 1) return NULL;\n`;
      await Deno.writeTextFile(`${broken.folder}/mm/vma.c`, code.replace(head, never));
      const built = await build(broken, "vma");
      const { found } = await checked(built.program);
      await Deno.remove(built.program);
      assertEquals(found?.shrunk.length, 2);
      assertStringIncludes(found!.shown.text, "expected");
    } finally {
      await Deno.remove(broken.folder, { recursive: true });
    }
  },
});
