import { needing } from "../needing.ts";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import type { ExitRecord, LeaveRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { RecordedLayouts } from "../../src/trace/recorded_layouts.ts";
import { readTrace } from "../../src/trace/read.ts";
import { capture, captureArguments, impossible, tellsFilesApart } from "./capturing.ts";

function test(name: string, run: () => Promise<void>, lack: string | false = false): void {
  Deno.test({ ...needing(`capture: ${name}`, impossible || lack), fn: run });
}

function ofType<T extends TraceRecord["type"]>(
  records: readonly TraceRecord[],
  type: T,
): Extract<TraceRecord, { type: T }>[] {
  return records.filter((record): record is Extract<TraceRecord, { type: T }> =>
    record.type === type
  );
}

/** A line of a layout as `/proc/PID/maps` prints its first columns. */
function mapsLine(line: MapLine): string {
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  const range = `${hex(line.start)}-${hex(line.end)}`;
  return `${range} ${line.permissions} ${hex(line.offset)} ${line.device} ${line.inode}`;
}

/** The layouts of a process after each of its records, in the maps format. */
function layoutsOf(records: readonly TraceRecord[], pid: number): string[] {
  const recorded = new RecordedLayouts();
  return records.map((record) => {
    recorded.apply(record);
    return recorded.of(pid).map(mapsLine).join("\n");
  });
}

test("the layout is the one that the program reads of itself", async () => {
  const { status, stdout, records } = await capture(["cat", "/proc/self/maps"]);
  assertEquals(status, 0);
  const lines = stdout.trimEnd().split("\n").filter((line) => !line.endsWith("[vsyscall]"));
  const own = lines.map((line) => line.replace(/^((?:\S+ ){4}\S+).*$/, "$1")).join("\n");
  const [exec] = ofType(records, "exec");
  assert(layoutsOf(records, exec!.pid).includes(own), `no such layout:\n${stdout}`);
});

test("the header says what was recorded, without a directory", async () => {
  const { records } = await capture(["/bin/echo", "/etc/a/b.c", "-I/usr/include/x", "c"]);
  const [header] = ofType(records, "header");
  assertEquals(header?.command, ["echo", "b.c", "-Ix", "c"]);
  assertEquals([header?.purpose, header?.compiler, header?.fidelity], ["", "", "exact"]);
  assertGreater(header?.maxMapCount ?? 0, 0);
  assertMatch(header?.kernel ?? "", /^\d+\.\d+/);
});

test("purpose and compiler go into the header", async () => {
  const { records } = await capture(["true"], "--purpose", "a test", "--compiler", "none");
  const [header] = ofType(records, "header");
  assertEquals([header?.purpose, header?.compiler], ["a test", "none"]);
});

test("files appear under their base names only", async () => {
  const { records } = await capture(["sh", "-c", "true; cat /dev/null"]);
  const lines = records.flatMap((record) =>
    record.type === "exec" ? record.layout : record.type === "leave" ? record.added : []
  );
  assertGreater(lines.length, 10);
  assertEquals(lines.filter((line) => line.name.includes("/")), []);
});

test("every call is entered and left, and the layout follows", async () => {
  const { records } = await capture(["sh", "-c", "exit 0"]);
  const enters = ofType(records, "enter"), leaves = ofType(records, "leave");
  assertGreater(enters.length, 5);
  assertEquals(enters.length, leaves.length);
  const mmap = leaves.find((leave) => leave.call === "mmap" && leave.error === undefined);
  assert(mmap!.added.some((line) => line.start <= mmap!.result && mmap!.result < line.end));
  assertEquals(records.at(-1), { type: "end", reason: "finished" });
});

test("an anonymous mapping that is written to gives one fault record", async () => {
  const { records } = await capture(["sh", "-c", "exit 0"]);
  const faults = ofType(records, "fault").map((fault) => fault.address);
  assertGreater(faults.length, 0);
  assertEquals(new Set(faults).size, faults.length);
});

test("exec's record has brk, stack and the end of what mmap places", async () => {
  const { records } = await capture(["true"]);
  const [exec] = ofType(records, "exec");
  const stack = exec!.layout.find((line) => line.name === "[stack]");
  assert(stack!.start <= exec!.stack && exec!.stack < stack!.end);
  assert(exec!.layout.some((line) => line.end === exec!.mmapBase || line.start === exec!.mmapBase));
  const heaps = ofType(records, "leave").flatMap((leave) => leave.added)
    .filter((line) => line.name === "[heap]");
  assert(heaps.every((line) => line.start === exec!.brk));
});

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));
const PAGE = 4096;
let program: readonly TraceRecord[] | undefined;

/** The records of `program.ts`; it is run once. */
async function recordsOfProgram(): Promise<readonly TraceRecord[]> {
  program ??= (await capture([Deno.execPath(), "run", "--allow-ffi", PROGRAM])).records;
  return program;
}

/** The index of the enter record of a call with this argument, from an index on. */
function entered(
  records: readonly TraceRecord[],
  call: string,
  at: number,
  argument: number,
): number {
  return records.findIndex((record) =>
    record.type === "enter" && record.call === call && record.args[at] === argument
  );
}

/** The leave record that belongs to the enter record at an index, and its own index. */
function leaveOf(
  records: readonly TraceRecord[],
  enter: number,
): { index: number; record: LeaveRecord } {
  const pids = ofType(records.slice(enter, enter + 1), "enter").map(({ pid }) => pid);
  const record = ofType(records.slice(enter), "leave").find(({ pid }) => pids.includes(pid));
  if (record === undefined) throw new Error("The program did not make the call");
  return { index: records.indexOf(record), record };
}

/** Where the VMA starts that a call left at the address it returned. */
function startAt({ added, result }: LeaveRecord): number | undefined {
  return added.find((line) => line.start <= result && result < line.end)?.start;
}

test(
  "two opens of one file are two open files, a duplicate is the same, a reused number is not",
  async () => {
    const files = ofType(await recordsOfProgram(), "enter")
      .filter((enter) => enter.call === "mmap" && enter.args[1] === 3 * PAGE && enter.file)
      .map((enter) => enter.file!).filter((file) => file.name.startsWith("deno"));
    assertEquals(files.length, 4);
    const [first, second, duplicate, third] = files.map((file) => file.id);
    assertEquals(duplicate, first);
    assertEquals(new Set([first, second, third]).size, 3);
    assertEquals(new Set(files.map((file) => `${file.device} ${file.inode} ${file.size}`)).size, 1);
    assertEquals([files[0]?.access, files[0]?.kind], ["read", "regular"]);
  },
  impossible === undefined && !tellsFilesApart() &&
    "this kernel has neither kcmp nor F_DUPFD_QUERY",
);

test("pages that mmap populates are a fault after the call, pages written later one before the next", async () => {
  const records = await recordsOfProgram();
  const populated = leaveOf(records, entered(records, "mmap", 1, 37 * PAGE));
  // Another thread of the program may have written to something of its own meanwhile.
  const behind = records.slice(populated.index + 1);
  const atOnce = behind.slice(0, behind.findIndex(({ type }) => type !== "fault"));
  const first = ofType(atOnce, "fault").map((fault) => fault.address);
  assert(first.includes(startAt(populated.record) ?? 0));
  const written = leaveOf(records, entered(records, "mmap", 1, 41 * PAGE));
  const move = entered(records, "mremap", 1, 41 * PAGE);
  const faults = ofType(records.slice(written.index, move), "fault").map((fault) => fault.address);
  assert(faults.includes(startAt(written.record) ?? 0));
});

test("a written mapping that moves and is split stays known as written, without new faults", async () => {
  const records = await recordsOfProgram();
  const move = leaveOf(records, entered(records, "mremap", 1, 41 * PAGE));
  const target = move.record.result;
  const cut = leaveOf(records, entered(records, "munmap", 0, target + 20 * PAGE));
  for (const { record } of [move, cut]) {
    assertEquals(record.added.filter((line) => !line.written), []);
    assertGreater(record.added.length, 0);
  }
  const between = records.slice(move.index, cut.index + 2);
  const faults = ofType(between, "fault").map((fault) => fault.address);
  assertEquals(faults.filter((address) => address >= target && address < target + 43 * PAGE), []);
});

test("the name that prctl gives a mapping is read from the program", async () => {
  const [enter] = ofType(await recordsOfProgram(), "enter").filter((each) => each.name === "arena");
  assertEquals([enter?.call, enter?.args[0]], ["prctl", 0x53564d41]);
});

test("shmat carries the segment, one identity for both attachments", async () => {
  const leaves = ofType(await recordsOfProgram(), "leave").filter((leave) =>
    leave.call === "shmat"
  );
  assertEquals(leaves.length, 2);
  assertEquals(leaves.map((leave) => leave.file?.access), ["read-write", "read"]);
  assertEquals([leaves[0]?.file?.kind, leaves[0]?.file?.size], ["shmem", 5 * PAGE]);
  assertEquals(leaves[0]?.file?.id, leaves[1]?.file?.id);
});

test("a limit that the program sets is in the leave record", async () => {
  const { records } = await capture(["sh", "-c", "ulimit -S -s 4096; true"]);
  const limited = ofType(records, "leave").filter((leave) => leave.limits !== undefined);
  assertEquals(limited.at(-1)?.limits?.stack, 4096 * 1024);
});

test("the exit status is the command's", async () => {
  const { status, records } = await capture(["sh", "-c", "exit 3"]);
  assertEquals([status, ofType(records, "exit").at(-1)?.status], [3, 3]);
});

test("a command killed by a signal exits with 128 + signal", async () => {
  const { status } = await capture(["sh", "-c", "kill -KILL $$"]);
  assertEquals(status, 128 + 9);
});

test("a signal reaches the program, which handles it", async () => {
  const script = 'trap "exit 7" TERM; kill -TERM $$; exit 1';
  assertEquals((await capture(["sh", "-c", script])).status, 7);
});

test("a program that stops itself stays stopped until it is continued", async () => {
  const script =
    "(sleep 0.3; echo woken; kill -CONT $$) & kill -STOP $$; echo going on; wait; exit 5";
  const { status, stdout } = await capture(["sh", "-c", script]);
  assertEquals([status, stdout], [5, "woken\ngoing on\n"]);
});

test("SIGPIPE, which the runtime ignores, has its default effect", async () => {
  const { stdout } = await capture(["sh", "-c", 'kill -PIPE $$; echo "still here"']);
  assertEquals(stdout, "");
});

test("a fork copies the layout, exec replaces it, exit ends it", async () => {
  const { records } = await capture(["sh", "-c", "(cat /dev/null); (exit 3); exit 0"]);
  const forks = ofType(records, "fork"), exits = ofType(records, "exit");
  assertGreater(forks.length, 1);
  for (const fork of forks.filter(({ sharesMemory }) => !sharesMemory)) {
    assertGreater(fork.layout?.length ?? 0, 5);
  }
  assert(forks.every((fork) => exits.some((exit) => exit.pid === fork.child)));
  const programs = ofType(records, "exec").map((exec) => exec.program);
  assertEquals(programs.length, 2);
  assertEquals(programs.at(-1)?.includes("sh"), false);
  assert(exits.some((exit: ExitRecord) => exit.status === 3));
});

test("threads share one layout, a child made with vfork shares it until exec", async () => {
  const script = 'new Deno.Command("true").outputSync()';
  const command = [Deno.execPath(), "eval", script];
  const { status, records } = await capture(command);
  assertEquals(status, 0);
  const CLONE_THREAD = 0x10000;
  const shared = ofType(records, "fork").filter((fork) => fork.sharesMemory);
  const threads = shared.filter((fork) => ((fork.flags ?? 0) & CLONE_THREAD) !== 0);
  assertGreater(threads.length, 0);
  assertGreater(shared.length, threads.length);
  const child = ofType(records, "exec").at(-1);
  assertEquals(child?.program === "deno", false);
  const tids = new Set(threads.map((fork) => fork.child));
  assert(ofType(records, "enter").some((enter) => tids.has(enter.pid)));
});

test("of two threads none is inside a call that changes the layout while another is", async () => {
  const { records } = await capture([Deno.execPath(), "eval", "1"]);
  const PROCESS = /^(clone|fork|vfork|exec)/;
  let inside: number | undefined;
  for (const record of records) {
    if (record.type === "enter" && !PROCESS.test(record.call)) {
      assertEquals(inside, undefined);
      inside = record.pid;
    }
    if (record.type === "leave" && !PROCESS.test(record.call)) inside = undefined;
    if (record.type === "exit" && record.pid === inside) inside = undefined;
  }
});

test("--placement 5.19 places large mappings where the hint says, and the program sees no difference", async () => {
  const script = "console.log(new Uint8Array(8 << 20).length)";
  const command = [Deno.execPath(), "eval", script];
  const { stdout, records } = await capture(command, "--placement", "5.19");
  assertEquals(stdout, "8388608\n");
  assertEquals(ofType(records, "header")[0]?.placement, "5.19");
  const entered = new Map<number, TraceRecord>();
  let imposed = 0;
  for (const record of records) {
    if (record.type === "enter") entered.set(record.pid, record);
    if (record.type !== "leave") continue;
    const enter = entered.get(record.pid);
    if (enter?.type !== "enter" || enter.imposedHint === undefined) continue;
    imposed++;
    assertEquals(enter.args[0], 0);
    assertEquals(record.result, enter.imposedHint);
  }
  assertGreater(imposed, 0);
});

test("Ctrl-C ends the recording: exit 130, a complete file, and the command is ended too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/t.jsonl`;
    // The script says that it runs; a shell that was started in the background may ignore SIGINT.
    const script = 'trap "exit 1" INT; echo ready; while :; do sleep 0.1; done';
    const recorder = new Deno.Command(Deno.execPath(), {
      args: captureArguments("--out", out, "--", "sh", "-c", script),
      stdout: "piped",
    }).spawn();
    const reader = recorder.stdout.getReader();
    await reader.read();
    recorder.kill("SIGINT");
    assertEquals((await recorder.status).code, 130);
    const records = await Array.fromAsync(readTrace(out));
    assertEquals(records.at(-1), { type: "end", reason: "interrupted" });
    // The pipe closes only when the command, which holds its other end, is gone.
    while (!(await reader.read()).done);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("a command that does not exist: one sentence, exit 2, no file", async () => {
  const { status, stderr, records } = await capture(["no-such-command"]);
  assertEquals(status, 2);
  assertEquals(
    stderr,
    "capture: Cannot record no-such-command: no such command, or no permission to run it\n",
  );
  assertEquals(records, []);
});

test("a file that is no program: one sentence, exit 2", async () => {
  const { status, stderr } = await capture(["/dev/null"]);
  assertEquals(status, 2);
  assertMatch(stderr, /^capture: Cannot record \/dev\/null: [^\n]+\n$/);
});

test("no --out, no command, an unknown option: one sentence each, exit 2", async () => {
  const expected: readonly [string[], string][] = [
    [["--", "true"], "capture: --out FILE is missing; see --help\n"],
    [["--out", "x"], "capture: There is no command after --; see --help\n"],
    [["--colour"], "capture: Unknown option --colour; see --help\n"],
    [
      ["--out", "x", "--placement", "4", "--", "true"],
      'capture: --placement takes 5.19, not "4"\n',
    ],
  ];
  for (const [options, sentence] of expected) {
    const args = captureArguments(...options);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [2, sentence]);
  }
});

test("a file that cannot be written: one sentence, exit 2", async () => {
  const args = captureArguments("--out", "/no/such/folder/t.jsonl", "--", "true");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 2);
  assertMatch(
    new TextDecoder().decode(stderr),
    /^capture: Cannot write \/no\/such\/folder\/t\.jsonl: /,
  );
});
