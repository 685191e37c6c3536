/** What ptrace and wait are asked, and what their answers mean: on a system that a test makes up. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { needing } from "../needing.ts";
import { FlagMemory } from "../../src/capture/flag_memory.ts";
import { type LibcCalls, LibcError } from "../../src/capture/libc.ts";
import { Observer } from "../../src/capture/observer.ts";
import { type Stop, Tracer, UntoldCallError } from "../../src/capture/ptrace.ts";
import * as arm64 from "../../src/capture/registers_arm64.ts";
import * as x86_64 from "../../src/capture/registers_x86_64.ts";
import { Space, type Task } from "../../src/capture/space.ts";
import { fakeLibc } from "./fake_libc.ts";
import { FakeProcess } from "./fake_process.ts";

const EINTR = 4, ECHILD = 10, ESRCH = 3;
/** Requests by their names: Linux include/uapi/linux/ptrace.h. */
const [SYSCALL, DETACH, GETEVENTMSG, SEIZE, INTERRUPT, LISTEN, GET_SYSCALL_INFO] = [
  ...[24, 17, 0x4201, 0x4206, 0x4207, 0x4208, 0x420e],
];

/** Statuses as wait(2) gives them. */
const ended = (code: number) => code << 8;
const stopped = (signal: number, event = 0) => 0x7f | signal << 8 | event << 16;

/** A tracer to whom one process's stops come one after the other; what it asks for is noted. */
function traced(
  statuses: readonly number[],
  more: Partial<LibcCalls> = {},
  clock?: () => number,
) {
  const asked: number[][] = [];
  const left = [...statuses];
  const libc = fakeLibc({
    wait: (pid, status, options) => {
      asked.push([pid, options]);
      const next = left.shift();
      if (next === undefined) return (options & 1) !== 0 ? 0 : -1;
      status[0] = next;
      return pid < 0 ? 77 : pid;
    },
    errno: () => ECHILD,
    ptrace: (request, pid, address, data) => {
      asked.push([request, pid, address, Number(data)]);
      return 0;
    },
    ptraceBuffer: (request, _pid, _address, buffer) => {
      assertEquals(request, GETEVENTMSG);
      buffer[0] = buffer instanceof BigUint64Array ? 78n : 0;
      return 0;
    },
    yield: () => {},
    ...more,
  });
  return { tracer: new Tracer(libc, clock), asked };
}

Deno.test("Tracer: what a status says of why a process stopped, or how it ended", () => {
  const SIGTRAP = 5, STOP = 128;
  const meaning = (status: number) => {
    const { pid, ...stop } = traced([status]).tracer.stopOf(77)!;
    assertEquals(pid, 77);
    return stop;
  };
  assertEquals(meaning(ended(0)), { kind: "exit", status: 0 });
  assertEquals(meaning(ended(255)), { kind: "exit", status: 255 });
  assertEquals(meaning(9), { kind: "exit", status: 128 + 9 });
  assertEquals(meaning(11 | 0x80), { kind: "exit", status: 128 + 11 }); // with a core
  assertEquals(meaning(stopped(SIGTRAP | 0x80)), { kind: "call" });
  for (const [i, kind] of ["fork", "vfork", "clone", "exec"].entries()) {
    assertEquals(meaning(stopped(SIGTRAP, i + 1)), { kind, message: 78 });
  }
  for (const signal of [19, 20, 21, 22]) { // stop signals
    assertEquals(meaning(stopped(signal, STOP)), { kind: "group-stop" });
  }
  assertEquals(meaning(stopped(SIGTRAP, STOP)), { kind: "trap" });
  assertEquals(meaning(stopped(SIGTRAP, 6)), { kind: "trap" });
  for (const signal of [SIGTRAP, 10, 19]) {
    assertEquals(meaning(stopped(signal)), { kind: "signal", signal });
  }
});

Deno.test("Tracer: the call that a process enters, and what it leaves it with", () => {
  const info = (write: (view: DataView) => void, length = 88) => {
    const ptraceBuffer: LibcCalls["ptraceBuffer"] = (request, pid, address, buffer) => {
      assertEquals([request, pid, address, buffer.byteLength], [GET_SYSCALL_INFO, 77, 88, 88]);
      write(new DataView(buffer.buffer));
      return length;
    };
    return traced([], { ptraceBuffer }).tracer.callInfo(77);
  };
  const entry = (view: DataView) => {
    view.setUint8(0, 1);
    view.setUint32(4, 0xc000003e, true);
    [9n, 0x1000n, 2n ** 64n - 0x1000n, 2n ** 64n - 1n, 4n, 5n, 6n].forEach((word, i) =>
      view.setBigUint64(24 + 8 * i, word, true)
    );
  };
  assertEquals(info(entry), {
    ...{ at: "entry", architecture: 0xc000003e, number: 9 },
    args: [0x1000, -0x1000, -1, 4, 5, 6],
  });
  const exit = (isError: number) => (view: DataView) => {
    view.setUint8(0, 2);
    view.setBigInt64(24, -12n, true);
    view.setUint8(32, isError);
  };
  assertEquals(info(exit(1)), { at: "exit", result: -12, failed: true });
  assertEquals(info(exit(0)), { at: "exit", result: -12, failed: false });
  assertEquals([info(entry, -1), info(entry, 0)], [undefined, undefined]); // killed meanwhile
  const nothing = traced([], { ptraceBuffer: () => 0, errno: () => 5 }); // EIO, of an earlier call
  assertEquals(nothing.tracer.callInfo(77), undefined);
  for (const kind of [0, 3]) assertEquals(info((view) => view.setUint8(0, kind)), undefined);
});

/** What is told of a call by a kernel without PTRACE_GET_SYSCALL_INFO, at a stop with a message, by the registers. */
function infoByRegisters(
  message: bigint,
  registers: Readonly<Record<number, bigint>>,
  code = 0x33n,
) {
  const [GETREGS, CS, EIO] = [12, 17, 5];
  const ptraceBuffer: LibcCalls["ptraceBuffer"] = (request, pid, _address, buffer) => {
    assertEquals(pid, 77);
    if (request === GET_SYSCALL_INFO) return -1;
    if (!(buffer instanceof BigUint64Array)) throw new Error("a message and registers are words");
    if (request === GETEVENTMSG) buffer[0] = message;
    else {
      assertEquals([request, buffer.length], [GETREGS, 27]);
      buffer[CS] = code;
      for (const [at, word] of Object.entries(registers)) buffer[Number(at)] = word;
    }
    return 0;
  };
  return traced([], { ptraceBuffer, errno: () => EIO }).tracer.callInfo(77);
}

Deno.test({
  ...needing(
    "Tracer: where the kernel does not tell which call it is, the registers do",
    Deno.build.arch !== "x86_64" && "the registers are those of x86-64",
  ),
  fn() {
    const call = { 15: 9n, 14: 0x1000n, 13: 2n, 12: 2n ** 64n - 1n, 7: 4n, 9: 5n, 8: 6n };
    const told = {
      at: "entry",
      architecture: 0xc000003e,
      number: 9,
      args: [0x1000, 2, -1, 4, 5, 6],
    };
    assertEquals(infoByRegisters(1n, call), told);
    assertEquals(infoByRegisters(1n, call, 0x23n), { ...told, architecture: 0x40000003 });
    const answers = [0n, 0x1000n, -1n, -4095n, -4096n].map((answer) =>
      infoByRegisters(2n, { 10: BigInt.asUintN(64, answer) })
    );
    assertEquals(answers, [
      { at: "exit", result: 0, failed: false },
      { at: "exit", result: 0x1000, failed: false },
      { at: "exit", result: -1, failed: true },
      { at: "exit", result: -4095, failed: true },
      { at: "exit", result: -4096, failed: false },
    ]);
  },
});

Deno.test("Tracer: a kernel that tells nothing of calls is refused, not taken for one where nothing is called", () => {
  for (const message of [0n, 3n, 78n]) {
    assertThrows(() => infoByRegisters(message, {}), UntoldCallError, "PTRACE_GET_SYSCALL_INFO");
  }
});

Deno.test("Tracer: seizing asks for forks, execs and marked calls, and that the process ends with the tracer", () => {
  const { tracer, asked } = traced([]);
  tracer.seize(77);
  const [SYSGOOD, FORK, VFORK, CLONE, EXEC, EXITKILL] = [1, 2, 4, 8, 16, 0x100000];
  assertEquals(asked, [[SEIZE, 77, 0, SYSGOOD + FORK + VFORK + CLONE + EXEC + EXITKILL]]);
  const refused = traced([], { ptrace: () => -1, errno: () => 1 }).tracer;
  const error = assertThrows(() => refused.seize(77), LibcError, "ptrace failed with errno 1");
  assertEquals(error.errno, 1);
});

Deno.test("Tracer: a process goes on with a signal or without, is interrupted, or left stopped", () => {
  const { tracer, asked } = traced([]);
  tracer.resume(77);
  tracer.resume(77, 15);
  tracer.interrupt(78);
  tracer.leaveStopped(79);
  assertEquals(asked, [
    ...[[SYSCALL, 77, 0, 0], [SYSCALL, 77, 0, 15], [INTERRUPT, 78, 0, 0], [LISTEN, 79, 0, 0]],
  ]);
});

Deno.test("Tracer: a process is let go where it stands, or once it has stopped", () => {
  const requests = (statuses: number[], ...answers: number[]) => {
    const made: number[] = [];
    const ptrace: LibcCalls["ptrace"] = (request, pid, address, data) => {
      assertEquals([pid, address, Number(data)], [77, 0, 0]); // no signal goes with it
      made.push(request);
      return request === DETACH ? answers.shift() ?? 0 : 0;
    };
    traced(statuses, { ptrace, errno: () => ESRCH }).tracer.release(77);
    return made;
  };
  assertEquals(requests([], 0), [DETACH]);
  assertEquals(requests([stopped(5, 128)], -1, 0), [DETACH, INTERRUPT, DETACH]);
  assertEquals(requests([], -1), [DETACH, INTERRUPT]); // it does not stop
});

Deno.test("Tracer: a stop that is there already is taken without waiting", () => {
  const WALL = 0x40000000, OWN_THREAD = 0x20000000, NOHANG = 1;
  const { tracer, asked } = traced([stopped(5 | 0x80)]);
  assertEquals([tracer.stopNow(77)?.kind, tracer.stopNow(77)], ["call", undefined]);
  assertEquals(asked[0], [77, WALL + OWN_THREAD + NOHANG]);
});

Deno.test("Tracer: a wait that is interrupted goes on, for so long; one that fails does not", () => {
  let turns = 0;
  const clock = () => turns; // a turn takes a millisecond
  const impatient = traced([], { wait: () => (turns++, -1), errno: () => EINTR }, clock).tracer;
  assertEquals([impatient.stopOf(77, 20), turns], [undefined, 20]);
  turns = 0;
  const gone = traced([], { wait: () => (turns++, -1), errno: () => ECHILD }).tracer;
  assertEquals([gone.stopOf(77), turns], [undefined, 1]);
});

Deno.test("Tracer: the next stop of any process; late, if it takes too long or is not wanted any more; nothing, if none is left", async () => {
  const { tracer, asked } = traced([stopped(5 | 0x80)]);
  assertEquals(await tracer.next(), { kind: "call", pid: 77 });
  assertEquals(await tracer.next(), undefined);
  assertEquals(asked.map(([pid]) => pid), [-1, -1]);
  let turns = 0;
  const waiting = traced([], { wait: () => (turns++, -1), errno: () => EINTR }).tracer;
  const startMs = performance.now();
  assertEquals(await waiting.next(20), "late");
  assert(turns > 0 && performance.now() - startMs >= 20);
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 5); // what waits for the thread happens meanwhile
  assertEquals(await waiting.next(undefined, ending.signal), "late");
});

Deno.test("Tracer: what waits for the thread happens now and then, not at each stop", async () => {
  let nowMs = 7;
  const { tracer } = traced(Array(5).fill(stopped(5 | 0x80)), {}, () => nowMs);
  const heard = async () => {
    let isHeard = false;
    const timer = setTimeout(() => isHeard = true, 0);
    await tracer.next();
    clearTimeout(timer);
    return isHeard;
  };
  const found: boolean[] = [];
  for (const passedMs of [0, 25, 1, 0, 25]) {
    nowMs += passedMs;
    found.push(await heard());
  }
  assertEquals(found, [false, false, true, false, false]);
});

Deno.test("registers, x86-64: the first argument is rdi, and is put back", () => {
  const POKEUSER = 6, RDI = 112;
  const made: number[][] = [];
  const libc = fakeLibc({
    ptrace: (...args) => made.push(args.map(Number)),
  });
  x86_64.setFirstArgument(libc, 77, 0x7000);
  x86_64.restoreFirstArgument(libc, 77, 0);
  assertEquals(made, [[POKEUSER, 77, RDI, 0x7000], [POKEUSER, 77, RDI, 0]]);
  assertEquals([x86_64.ARCHITECTURE, arm64.ARCHITECTURE], [0xc000003e, 0xc00000b7]);
});

Deno.test("registers, arm64: all are read, x0 changed and all written; x0 holds the result, so nothing is put back", () => {
  const GETREGSET = 0x4204, SETREGSET = 0x4205, PRSTATUS = 1;
  const process = BigUint64Array.from({ length: 34 }, (_, i) => BigInt(i + 100));
  const libc = fakeLibc({
    ptraceBuffer: (request, pid, set, vector) => {
      assertEquals([pid, set], [77, PRSTATUS]);
      const [base, length] = vector;
      if (typeof base !== "bigint" || length !== 272n) throw new Error("It is no iovec");
      const pointer = Deno.UnsafePointer.create(base)!;
      const memory = new BigUint64Array(Deno.UnsafePointerView.getArrayBuffer(pointer, 272));
      if (request === GETREGSET) memory.set(process);
      else if (request === SETREGSET) process.set(memory);
      else throw new Error(`There is no request ${request}`);
      return 0;
    },
  });
  const before = process.slice();
  arm64.setFirstArgument(libc, 77, 0x7000);
  assertEquals(process, before.with(0, 0x7000n));
  arm64.restoreFirstArgument(libc, 77, 0);
  assertEquals(process, before.with(0, 0x7000n));
});

/** How these spaces are looked at. */
const SMAPS = { means: "smaps", isChecked: false, knowsGuards: true, hugePages: "never" } as const;

/** A space with tasks; each has stopped `since` so long ago. */
function spaceOf(...tasks: readonly (readonly [pid: number, leader: number])[]) {
  const process = new FakeProcess();
  const make = () =>
    new Space(new Observer(process.libc, SMAPS, new FlagMemory(), []), { mmapBase: 9, brk: 5 });
  const space = make();
  const entered = tasks.map(([pid, leader]): Task => ({
    ...{ pid, leader, space: make(), isInKernel: false, resumedMs: -Infinity },
  }));
  entered.forEach((task) => space.enter(task));
  return { space, tasks: entered, make };
}

Deno.test("Space: a task is alone, or among threads of one process, or among processes", () => {
  const of = (...tasks: (readonly [pid: number, leader: number])[]) => {
    const { space, tasks: [task] } = spaceOf(...tasks);
    const { isAlone, isOneProcess } = space.looker(task!);
    return [isAlone, isOneProcess];
  };
  assertEquals([of([77, 77]), of([77, 77], [78, 77]), of([77, 77], [80, 80])], [
    ...[[true, true], [false, true], [false, false]],
  ]);
  const { space, tasks: [first, second], make } = spaceOf([77, 77], [78, 77]);
  const other = make();
  other.enter(second!);
  assertEquals([space.looker(first!).isAlone, second!.space === other], [true, true]);
  space.leave(first!);
  assertEquals([space.mmapBase, space.brk], [9, 5]);
});

Deno.test("Space: what was opened to look at it is closed once the last task has left", () => {
  const process = new FakeProcess();
  process.map(0x5000, 0x6000);
  const observer = new Observer(process.libc, SMAPS, new FlagMemory(), process.lines());
  const space = new Space(observer, { mmapBase: 9, brk: 5 });
  const tasks = [77, 78].map((pid): Task => ({
    ...{ pid, leader: 77, space, isInKernel: false, resumedMs: 0 },
  }));
  const [first, second] = tasks;
  for (const task of tasks) space.enter(task);
  observer.between(space.looker(first!), true);
  process.closed.length = 0;
  space.leave(first!);
  assertEquals(process.closed, []);
  space.leave(second!);
  assertEquals(process.closed, ["stat"]);
});

Deno.test("Space: stops of held tasks are kept in their order, for all or for one", () => {
  const { space, tasks: [first, second] } = spaceOf([77, 77], [78, 77]);
  assertEquals([space.isHeldFor(first!), space.holds, space.nextDeferred()], [
    ...[false, false, undefined],
  ]);
  space.inside = first;
  assertEquals([space.isHeldFor(first!), space.isHeldFor(second!)], [false, true]);
  const stops: Stop[] = [77, 78, 77].map((pid) => ({ kind: "call", pid }));
  stops.forEach((stop) => space.defer(stop));
  assertEquals([space.holds, space.nextDeferred(78), space.nextDeferred(78)], [
    ...[true, stops[1], undefined],
  ]);
  assertEquals([space.nextDeferred(), space.holds], [stops[0], true]);
  assertEquals([space.nextDeferred(), space.holds], [stops[2], false]);
});

Deno.test("Space: those that run are stopped; who is inside, in the kernel, or kept already is left alone", () => {
  const { space, tasks } = spaceOf([77, 77], [78, 77], [79, 77], [80, 77], [81, 77]);
  const [inside, , kernel] = tasks;
  space.inside = inside;
  kernel!.isInKernel = true;
  space.defer({ kind: "call", pid: 80 });
  const waiting = new Map([[78, stopped(5 | 0x80)], [81, stopped(5, 128)]]); // at a call already, and running
  const interrupted: number[] = [];
  const { tracer } = traced([], {
    wait: (pid, status, options) => {
      const isLooking = (options & 1) !== 0, found = waiting.get(pid);
      if (found === undefined) throw new Error(`${pid} is not to be waited for`);
      if (isLooking && pid === 81) return 0;
      status[0] = found;
      waiting.delete(pid);
      return pid;
    },
    ptrace: (request, pid) => (assertEquals(request, INTERRUPT), interrupted.push(pid)),
  });
  assertEquals(space.holdOthers(tracer), [{ kind: "call", pid: 78 }, { kind: "trap", pid: 81 }]);
  assertEquals(interrupted, [81]); // the other would have to make its call again
});

Deno.test("Space: a task that was let go just now runs for a moment before it is held", () => {
  const { space, tasks: [task] } = spaceOf([78, 77]);
  task!.resumedMs = performance.now() + 5; // still to come, however slowly what follows runs
  let turns = 0;
  const { tracer } = traced([stopped(5 | 0x80)], { yield: () => void turns++ });
  space.holdOthers(tracer);
  assert(turns > 0 && performance.now() - task!.resumedMs >= 0.05);
});
