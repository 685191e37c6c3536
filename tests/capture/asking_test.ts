/** A new program that is made to map a page: it is asked where its mappings begin, and knows nothing of it. */
import { assertEquals } from "@std/assert";
import { askBase } from "../../src/capture/ask_base.ts";
import type { LibcCalls } from "../../src/capture/libc.ts";
import { type Stop, Tracer } from "../../src/capture/ptrace.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";
import { fakeLibc } from "./fake_libc.ts";

const ECHILD = 10;
/** Requests by their names: Linux include/uapi/linux/ptrace.h. */
const SYSCALL = 24, GET_SYSCALL_INFO = 0x420e;
const PAGE = 4096;

/** A status as wait(2) gives it. */
const stopped = (signal: number, event = 0) => 0x7f | signal << 8 | event << 16;

const VDSO = 0x7fff_0000_0000;
const REGISTER = {
  r10: 7,
  r9: 8,
  r8: 9,
  rax: 10,
  rdx: 12,
  rsi: 13,
  rdi: 14,
  orig: 15,
  rip: 16,
  cs: 17,
};

/** A process that has just become a program, at the stop that says so. */
class NewProgram {
  readonly registers = BigUint64Array.from({ length: 27 }, (_, i) => BigInt(1000 + i));
  mask = 0x5n;
  /** Stops that come before those of its calls. */
  between: number[] = [];
  /** What mmap answers first; a negative number is an error. */
  page = 0x7f00_0000_0000;
  /** How far from it the next page goes, bytes; with 0 there is no room. */
  step = -PAGE;
  /** The process is killed after so many resumptions. */
  killedAfter = Infinity;
  /** Where in the vdso the instruction is that enters the kernel. */
  callAt = 0x123;
  /** The process's memory cannot be read. */
  isUnreadable = false;
  refusesToUnmap = false;
  readonly pages = new Set<number>();
  readonly kills: number[] = [];
  readonly libc: LibcCalls;
  #stop: "exec" | "exec exit" | "entry" | "exit" = "exec";
  #resumed = 0;
  #isOver = false;
  #result = 0;

  constructor() {
    this.registers[REGISTER.cs] = 0x33n;
    this.libc = fakeLibc({
      readWords: (_pid, address, count) => {
        assertEquals([address, count], [VDSO, PAGE / 8]);
        const bytes = new Uint8Array(PAGE).fill(0x90);
        bytes.set([0x0f, 0x0b, 0x05], 16); // both bytes, but not together
        bytes.set([0x0f, 0x05].slice(0, PAGE - this.callAt), this.callAt);
        return this.isUnreadable ? undefined : new BigUint64Array(bytes.buffer);
      },
      errno: () => ECHILD,
      kill: (_pid, signal) => void this.kills.push(signal),
      ptrace: (request) => {
        assertEquals(request, SYSCALL);
        this.#resumed++;
        return 0;
      },
      wait: (pid, status) => {
        if (this.#isOver) return -1; // its end is told once
        status[0] = this.#next();
        return pid;
      },
      ptraceBuffer: (request, _pid, address, buffer) => this.#transfer(request, address, buffer),
    });
  }

  #next(): number {
    if (this.#resumed > this.killedAfter) {
      this.#isOver = true;
      return 9;
    }
    const other = this.#stop === "exec" ? undefined : this.between.shift();
    if (other !== undefined) return other;
    if (this.#stop === "exec") this.#stop = "exec exit";
    else if (this.#stop === "entry") {
      this.#stop = "exit";
      this.#call();
    } else this.#stop = "entry";
    return stopped(5 | 0x80);
  }

  #call(): void {
    const word = (register: number) => Number(this.registers[register]);
    assertEquals(word(REGISTER.rip), VDSO + this.callAt);
    assertEquals(this.registers[REGISTER.orig], 2n ** 64n - 1n); // nothing is made again
    assertEquals(this.mask, 2n ** 64n - 1n); // no signal comes between
    const [MMAP, MUNMAP] = [9, 11];
    if (word(REGISTER.rax) === MMAP) {
      assertEquals([word(REGISTER.rdi), word(REGISTER.rsi), word(REGISTER.rdx)], [0, PAGE, 0]);
      assertEquals([word(REGISTER.r10), word(REGISTER.r9)], [0x22, 0]);
      assertEquals(this.registers[REGISTER.r8], 2n ** 64n - 1n);
      const page = this.pages.size === 0
        ? this.page
        : this.step === 0
        ? -12
        : this.page + this.step;
      if (page > 0) this.pages.add(page);
      this.#result = page;
    } else {
      assertEquals([word(REGISTER.rax), word(REGISTER.rsi)], [MUNMAP, PAGE]);
      const isThere = this.pages.delete(word(REGISTER.rdi));
      this.#result = isThere && !this.refusesToUnmap ? 0 : -22;
    }
  }

  #transfer(
    request: number,
    address: number,
    buffer: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
  ): number {
    if (this.#isOver) return -1;
    if (request === GET_SYSCALL_INFO) {
      const view = new DataView(buffer.buffer);
      view.setUint8(0, this.#stop === "entry" ? 1 : 2);
      view.setBigInt64(24, BigInt(this.#stop === "exit" ? this.#result : 0), true);
      view.setUint8(32, this.#stop === "exit" && this.#result < 0 ? 1 : 0);
      return 88;
    }
    if (!(buffer instanceof BigUint64Array)) throw new Error("Registers are words");
    const [GETREGS, SETREGS, GETSIGMASK, SETSIGMASK] = [12, 13, 0x420a, 0x420b];
    if (request === GETREGS) buffer.set(this.registers);
    else if (request === SETREGS) this.registers.set(buffer);
    else {
      assertEquals(address, 8);
      if (request === GETSIGMASK) buffer[0] = this.mask;
      else if (request === SETSIGMASK) this.mask = buffer[0]!;
      else throw new Error(`There is no request ${request}`);
    }
    return 0;
  }
}

const LAYOUT: readonly MapLine[] = [
  { ...HEAP, start: VDSO, end: VDSO + PAGE, name: "[vdso]" },
];

/** Asks; the process has its own registers and signals afterwards, and no page more, unless it has ended. */
function asked(change: (program: NewProgram) => void = () => {}, layout = LAYOUT) {
  const program = new NewProgram();
  change(program);
  const [registers, mask] = [program.registers.slice(), program.mask];
  const found = askBase(program.libc, new Tracer(program.libc), 77, layout);
  if (found.stop?.kind !== "exit") {
    assertEquals([program.registers, program.mask], [registers, mask]);
  }
  return { ...found, program };
}

const EXEC_EXIT = { at: "exit", result: 0, failed: false } as const;

Deno.test("askBase: a page is mapped and unmapped by the vdso's instruction, and all is as it was", () => {
  const { program, ...found } = asked();
  assertEquals(found, { page: 0x7f00_0000_0000, goesUp: false, execExit: EXEC_EXIT });
  assertEquals(program.pages, new Set());
});

Deno.test("askBase: the second page tells the direction; without room for one it stays open", () => {
  const found = ([-5 * PAGE, PAGE, 0] as const).map((step) => {
    const { page, goesUp, program } = asked((each) => each.step = step);
    assertEquals(program.pages, new Set());
    return [page, goesUp];
  });
  assertEquals(found, [
    [0x7f00_0000_0000, false],
    [0x7f00_0000_0000, true],
    [0x7f00_0000_0000, undefined],
  ]);
});

Deno.test("askBase: where there is no vdso, no 64-bit code, or no page, nothing is known but the exec's end", () => {
  for (
    const found of [
      asked(undefined, [HEAP]),
      asked((program) => program.registers[REGISTER.cs] = 0x23n),
      asked((program) => program.page = -12),
      asked((program) => program.isUnreadable = true),
      asked((program) => program.refusesToUnmap = true),
      asked((program) => program.callAt = PAGE - 1), // cut off
    ]
  ) assertEquals([found.page, found.execExit, found.stop], [undefined, EXEC_EXIT, undefined]);
});

Deno.test("askBase: the instruction may stand anywhere in the vdso", () => {
  for (const at of [0, 1, 2047, PAGE - 2]) {
    assertEquals(asked((program) => program.callAt = at).page, 0x7f00_0000_0000);
  }
});

Deno.test("askBase: a process that is gone, or stops elsewhere than at the end of its exec, is left to others", () => {
  const gone = fakeLibc({ ptrace: () => 0, wait: () => -1, errno: () => ECHILD });
  assertEquals(askBase(gone, new Tracer(gone), 77, LAYOUT), {});
  const entering = fakeLibc({
    ptrace: () => 0,
    wait: (pid, status) => (status[0] = stopped(5 | 0x80), pid),
    ptraceBuffer: (_request, _pid, _address, buffer) => (buffer[0] = 1) && 88,
  });
  assertEquals(askBase(entering, new Tracer(entering), 77, LAYOUT), {
    stop: { kind: "call", pid: 77 },
  });
});

Deno.test("askBase: a process that is killed meanwhile is told as what it is", () => {
  const killed: Stop = { kind: "exit", pid: 77, status: 128 + 9 };
  for (let resumed = 0; resumed < 9; resumed++) {
    const found = asked((program) => program.killedAfter = resumed);
    assertEquals([found.page, found.stop], [undefined, killed], `${resumed}`);
    assertEquals(found.execExit === undefined, resumed === 0);
  }
});

Deno.test("askBase: other stops are passed over; a stop signal comes again later", () => {
  const SIGSTOP = 19;
  const found = asked((program) => program.between = [stopped(5, 128), stopped(SIGSTOP, 128)]);
  assertEquals([found.page, found.program.kills], [0x7f00_0000_0000, [SIGSTOP]]);
  const endless = asked((program) => program.between = Array(20).fill(stopped(5, 128)));
  assertEquals([endless.page, endless.stop], [undefined, undefined]);
});
