import { needing } from "../needing.ts";
import { assertEquals, assertLess } from "@std/assert";
import { record } from "../../src/capture/record.ts";
import { probedOptions } from "../../src/probe/recorded_rules.ts";
import { replay } from "../../src/replay/replay.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable } from "../../src/verify/executable.ts";
import { impossible } from "../capture/capturing.ts";
import { runVerify } from "./verifying.ts";

const CLONE_VM = 0x100, CLONE_VFORK = 0x4000, SIGCHLD = 17;
const ARENA = 0x10_0000_0000, PAGE = 4096;

/** Two processes in one memory: one cuts and joins VMAs, the other makes further processes meanwhile. */
function program(machine: "x86_64" | "aarch64"): Uint8Array {
  const table = new CallTable(machine);
  table.add("mmap", ARENA, 3 * PAGE, 3, 0x32, -1, 0);
  const other = table.add("clone", CLONE_VM | SIGCHLD, 0, 0, 0, 0);
  for (let calls = 0; calls < 400; calls++) {
    table.add("mprotect", ARENA + PAGE, PAGE, calls % 2 === 0 ? 1 : 3);
  }
  table.add("exit_group", 0);
  table.skipFrom(other);
  for (let children = 0; children < 100; children++) {
    const child = table.add("clone", CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
    table.add("exit_group", 0);
    table.skipFrom(child);
  }
  for (let children = 0; children < 101; children++) table.add("wait4", -1, 0, 0, 0);
  table.add("exit_group", 0);
  return executable(machine, table.calls);
}

/** Threads that each map a page beside the others', write to it, and cut, protect or unmap it, all at the same time. */
function neighbours(machine: "x86_64" | "aarch64", threads: number): Uint8Array {
  const CLONE_THREAD = 0x10000, CLONE_SIGHAND = 0x800;
  const table = new CallTable(machine);
  const page = (round: number, thread: number) => ARENA + PAGE * (threads * round + thread);
  for (let thread = 0; thread < threads; thread++) {
    const child = table.add("clone", CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0);
    for (let round = 0; round < 30; round++) {
      const at = page(round, thread);
      table.add("mmap", at, PAGE, 3, 0x32, -1, 0);
      table.write(table.add("dup", 999), at); // the call is refused, its result is written
      if ((round + thread) % 3 === 0) table.add("mprotect", at, PAGE, 1);
      if ((round + thread) % 5 === 0) table.add("munmap", at, PAGE);
    }
    table.add("exit", 0);
    table.skipFrom(child);
  }
  for (let round = 0; round < 30; round++) table.add("mmap", page(60, round), PAGE, 3, 0x32, -1, 0);
  table.add("exit", 0);
  return executable(machine, table.calls);
}

const MERGEABLE = 12, UNMERGEABLE = 13;
const ROUNDS = 150, THREADS = 6;

/** Threads whose calls give up at once where something is pending, and are made again: `unmerge_ksm_pages()`. */
function impatient(machine: "x86_64" | "aarch64"): Uint8Array {
  const CLONE_THREAD = 0x10000, CLONE_SIGHAND = 0x800;
  const table = new CallTable(machine);
  table.add("mmap", ARENA, 2 * THREADS * PAGE, 3, 0x32, -1, 0);
  for (let thread = 0; thread < THREADS; thread++) {
    const child = table.add("clone", CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0);
    const page = ARENA + 2 * thread * PAGE;
    table.write(table.add("dup", 999), page);
    for (let round = 0; round < ROUNDS; round++) {
      for (const advice of [MERGEABLE, UNMERGEABLE]) table.add("madvise", page, PAGE, advice);
    }
    table.add("exit", 0);
    table.skipFrom(child);
  }
  table.add("exit", 0);
  return executable(machine, table.calls);
}

Deno.test({
  ...needing(
    "record: a thread that enters a call while another is held for one is let in once, and is not sent back for ever",
    impossible,
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/program`;
      await Deno.writeFile(path, impatient(Deno.build.arch), { mode: 0o700 });
      const records = await Array.fromAsync(record([path], await probedOptions()));
      const { matched, steps, divergence } = await replay(records);
      assertEquals([divergence?.what, matched], [undefined, steps]);
      const answers = records.filter((each) => each.type === "leave" && each.call === "madvise");
      const isRestart = (each: TraceRecord) =>
        each.type === "leave" && (each.error ?? "").startsWith("ERESTART");
      const done = Map.groupBy(
        answers.filter((each) => !isRestart(each)),
        (each) => each.type === "leave" ? each.pid : 0,
      );
      assertEquals([...done.values()].map((each) => each.length), Array(THREADS).fill(2 * ROUNDS));
      assertLess(answers.filter(isRestart).length, answers.length / 10);
      // A call that was interrupted at its entry has done nothing, and is the next one that its thread makes.
      for (const [at, each] of records.entries()) {
        if (!isRestart(each) || each.type !== "leave") continue;
        const isEntry = (other: TraceRecord) => other.type === "enter" && other.pid === each.pid;
        const entered = records.slice(0, at).findLast(isEntry);
        assertEquals(records.slice(at + 1).find(isEntry), entered);
        assertEquals([each.removed, each.added], [[], []]);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  ...needing(
    "verify: first writes of threads are recorded before the calls that show them",
    impossible,
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/program`;
      await Deno.writeFile(path, neighbours(Deno.build.arch, 6), { mode: 0o700 });
      for (let run = 0; run < 5; run++) {
        const { status, stdout } = await runVerify(["--", path]);
        assertEquals(status, 0, stdout);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  ...needing(
    "verify: what another thread's call has done half is not taken for the work of a clone",
    impossible,
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/program`;
      await Deno.writeFile(path, program(Deno.build.arch), { mode: 0o700 });
      const { status, stdout } = await runVerify(["--", path]);
      assertEquals(status, 0, stdout);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Children that map, write and cut until their parent kills them, wherever they are. */
function killed(machine: "x86_64" | "aarch64"): Uint8Array {
  const SIGKILL = 9;
  const table = new CallTable(machine);
  for (let children = 0; children < 12; children++) {
    const child = table.add("clone", SIGCHLD, 0, 0, 0, 0);
    for (let round = 0; round < 200; round++) {
      table.add("mmap", ARENA, 8 * PAGE, 3, 0x32, -1, 0);
      table.add("munmap", ARENA + PAGE, PAGE);
      table.add("mprotect", ARENA + 3 * PAGE, PAGE, 1);
    }
    table.add("exit_group", 0);
    table.skipFrom(child);
    for (let calls = 0; calls < 20 * children; calls++) table.add("dup", 999);
    table.feed(child, table.add("kill", 0, SIGKILL), 0);
    table.add("wait4", -1, 0, 0, 0);
  }
  table.add("exit_group", 0);
  return executable(machine, table.calls);
}

Deno.test({
  ...needing(
    "verify: a process that is killed while it is looked at is not taken for one that lost its memory",
    impossible,
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/program`;
      await Deno.writeFile(path, killed(Deno.build.arch), { mode: 0o700 });
      for (let run = 0; run < 3; run++) {
        const { status, stdout } = await runVerify(["--", path]);
        assertEquals(status, 0, stdout);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
