/** Where `mmap(NULL)` begins: the process itself is asked, so that it is known whatever lies there. */
import { needing } from "../needing.ts";
import { assertEquals } from "@std/assert";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE } from "../../src/abi/mman.ts";
import { PAGE_SIZE } from "../../src/abi/page.ts";
import { Libc } from "../../src/capture/libc.ts";
import { record } from "../../src/capture/record.ts";
import { probedOptions } from "../../src/probe/recorded_rules.ts";
import { replay } from "../../src/replay/replay.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable } from "../../src/verify/executable.ts";
import { impossible } from "./capturing.ts";

const lack = impossible || Deno.build.arch !== "x86_64" && "this is no x86-64";

/** Records a static program that maps pages where the kernel likes. */
async function recordStatic(...launcher: string[]): Promise<TraceRecord[]> {
  const table = new CallTable(Deno.build.arch);
  for (const pages of [1, 3, 1]) {
    table.add("mmap", 0, pages * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  table.add("exit_group", 0);
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, executable(Deno.build.arch, table.calls));
    await Deno.chmod(path, 0o700);
    return await Array.fromAsync(record([...launcher, path], await probedOptions()));
  } finally {
    await Deno.remove(path);
  }
}

for (
  const [what, launcher] of [
    ["a static program", []],
    ["a static program in the legacy layout", ["setarch", "-L"]],
    ["a static program with a stack of any size", ["sh", "-c", 'ulimit -s unlimited; exec "$0"']],
    ["a program that is started with a signal pending", ["sh", "-c", 'kill -CHLD $$; exec "$0"']],
  ] as const
) {
  Deno.test({
    ...needing(`capture: ${what} is asked where its mappings begin, and agrees`, lack),
    fn: async () => {
      const records = await recordStatic(...launcher);
      const execs = records.filter((each) => each.type === "exec");
      assertEquals(execs.map(({ mmapBaseGuessed }) => mmapBaseGuessed), execs.map(() => undefined));
      const { divergence, matched, steps, status } = await replay(records);
      assertEquals([divergence?.what, matched, status], [undefined, steps, 0]);
    },
  });
}

Deno.test({
  ...needing(
    "capture: a program is found by a path that is relative to the working directory",
    impossible,
  ),
  fn() {
    const libc = new Libc();
    assertEquals(["./.ci/run", "README.md", "no/such"].map((path) => libc.isExecutable(path)), [
      ...[true, false, false],
    ]);
  },
});
