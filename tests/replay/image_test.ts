/**
 * An exec record as the address space that the new program finds, and a trace's files as the model's.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import {
  readVmFlags,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKONFAULT,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../src/mm/vm_flags.ts";
import { LayoutFiles, TraceFiles } from "../../src/replay/files.ts";
import { imageOf, lineFlags } from "../../src/replay/image.ts";
import { ReplayError } from "../../src/replay/replay_error.ts";
import type { MapLine, OpenFile } from "../../src/trace/format.ts";
import { EXEC, FILE, HEAP, LIBRARY } from "../trace/samples.ts";

const RULES = kernelRules();
const TASK_SIZE = 0x7fff_ffff_f000;

Deno.test("imageOf: where things begin, the limits, and a VMA for each line", () => {
  const image = imageOf(EXEC, TASK_SIZE, RULES);
  const { vmas, ...rest } = image;
  assertEquals(rest, {
    startBrk: EXEC.brk,
    startStack: EXEC.stack,
    mmapBase: EXEC.mmapBase,
    legacyLayout: false,
    limits: { stack: 8 << 20, addressSpace: 2 ** 40, data: 2 ** 30, lockedMemory: 65536 },
  });
  const [heap, library] = vmas;
  assertEquals(heap, {
    ...{ start: 0x1000, end: 0x5000, flags: readVmFlags(HEAP.vmFlags!).flags, otherFlags: "" },
    ...{ file: null, pageOffset: 1, special: null, written: true },
  });
  const { file, ...other } = library!;
  assertEquals(other, {
    ...{ start: LIBRARY.start, end: LIBRARY.end, flags: lineFlags(LIBRARY, RULES).flags },
    ...{ otherFlags: "", pageOffset: 0x26, special: null, written: false },
  });
  assertEquals(file, {
    ...{ name: "libc.so.6", device: "fe:00", inode: 339380 },
    ...{ readable: true, writable: false, hugeAligned: true },
  });
});

Deno.test("imageOf: a limit that is not told is none", () => {
  const { limits } = imageOf({ ...EXEC, limits: {} }, TASK_SIZE, RULES);
  const none = Infinity;
  assertEquals(limits, { stack: none, addressSpace: none, data: none, lockedMemory: none });
});

Deno.test("imageOf: what reaches beyond the user's addresses is refused, what ends there is not", () => {
  const top = (end: number): MapLine => ({ ...LIBRARY, start: end - 0x1000, end });
  const image = (line: MapLine, mmapBase = 0x10000) =>
    imageOf({ ...EXEC, mmapBase, layout: [line] }, TASK_SIZE, RULES);
  assertEquals(image(top(TASK_SIZE)).vmas.length, 1);
  assertEquals(image(HEAP, TASK_SIZE).vmas.length, 1);
  for (const beyond of [() => image(top(TASK_SIZE + 0x1000)), () => image(HEAP, TASK_SIZE + 1)]) {
    assertThrows(beyond, ReplayError, "beyond the user's addresses");
  }
  assertEquals(imageOf({ ...EXEC, layout: [] }, TASK_SIZE, RULES).vmas, []);
});

Deno.test("imageOf: only names in brackets that the kernel's own mappings have are special", () => {
  const special = (name: string) =>
    imageOf({ ...EXEC, layout: [{ ...HEAP, name }] }, TASK_SIZE, RULES).vmas[0]?.special;
  for (const name of ["[vdso]", "[vvar]", "[uprobes]", "[anon_shmem:x]"]) {
    assertEquals(special(name), name);
  }
  for (const name of ["[heap]", "[stack]", "[anon:arena]", "", "libc.so.6"]) {
    assertEquals(special(name), null, name);
  }
});

Deno.test("lineFlags: without VmFlags a line's permissions and its name tell", () => {
  const flags = (permissions: string, name = "") => {
    const { vmFlags: _, ...line } = HEAP;
    return lineFlags({ ...line, permissions, name }, RULES).flags;
  };
  const may = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  assertEquals(flags("---p"), may);
  assertEquals(flags("r--p"), may | VM_READ);
  assertEquals(flags("-w-p"), may | VM_WRITE);
  assertEquals(flags("--xp"), may | VM_EXEC);
  assertEquals(flags("---s"), may | VM_SHARED | VM_MAYSHARE);
  assertEquals(flags("rw-p", "[stack]"), may | VM_READ | VM_WRITE | VM_GROWSDOWN);
});

Deno.test("lineFlags: VM_LOCKONFAULT is lf, or ?? on kernels that have no name for it", () => {
  const flags = (vmFlags: string, showsLockOnFault: boolean) => {
    const { flags, others } = lineFlags({ ...HEAP, vmFlags }, { ...RULES, showsLockOnFault });
    return [(flags & VM_LOCKONFAULT) !== 0, others.trim()];
  };
  assertEquals(flags("rd lf", true), [true, ""]);
  assertEquals(flags("rd lf uw", false), [false, "lf uw"]);
  assertEquals(flags("rd ??", true), [false, "??"]);
  assertEquals(flags("rd ??", false), [true, ""]);
  assertEquals(flags("rd uw ??", false), [true, "uw"]);
  assertEquals(flags("rd ?? zz", false), [true, "zz"]);
  assertEquals(flags("rd uw", false), [false, "uw"]);
});

Deno.test("LayoutFiles: lines of one inode and name are one file, memory has none", () => {
  const files = new LayoutFiles();
  assertEquals(files.of(HEAP), null);
  const file = files.of(LIBRARY);
  assert(file === files.of({ ...LIBRARY, start: 0x1000, end: 0x2000, permissions: "rw-p" }));
  for (const other of [{ name: "other" }, { inode: 7 }, { device: "00:05" }]) {
    assert(file !== files.of({ ...LIBRARY, ...other }));
  }
});

Deno.test("TraceFiles: an open file is what its record says, one for each number", () => {
  const files = new TraceFiles();
  const rights = (change: Partial<OpenFile>, id: number) => {
    const { readable, writable, hugeAligned, executable } = files.of({ ...FILE, id, ...change });
    return { readable, writable, hugeAligned, executable };
  };
  const both = { readable: true, writable: true, hugeAligned: true, executable: true };
  assertEquals(rights({}, 1), both);
  assertEquals(rights({ access: "read" }, 2), { ...both, writable: false });
  assertEquals(rights({ access: "write" }, 3), { ...both, readable: false });
  assertEquals(rights({ noexec: true }, 4), { ...both, executable: false });
  assertEquals(rights({ noexec: false }, 5), both);
  for (const [i, kind] of (["shmem", "hugetlb", "device", "other"] as const).entries()) {
    assertEquals(rights({ kind }, 10 + i), { ...both, hugeAligned: false });
  }
  assertEquals(rights({ kind: "secretmem" }, 20), {
    ...both,
    hugeAligned: false,
    executable: false,
  });
  assert(files.of({ ...FILE, id: 1 }) === files.of({ ...FILE, id: 1, name: "renamed" }));
  assert(files.of({ ...FILE, id: 1 }) !== files.of({ ...FILE, id: 30 }));
});
