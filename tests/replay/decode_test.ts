/**
 * Each recorded call asks the model for what it asked the kernel: which method, with which arguments, and when the
 * model does nothing because the trace does not tell enough.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PR_SET_MDWE,
  PR_SET_MEMORY_MERGE,
  PR_SET_VMA,
  PR_SET_VMA_ANON_NAME,
  READ_IMPLIES_EXEC,
} from "../../src/abi/mman.ts";
import { MAX_INDEX } from "../../mod.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import type { MmapRequest } from "../../src/mm/calls/mmap.ts";
import { decode } from "../../src/replay/decode.ts";
import { formatVmFlags } from "../../src/mm/vm_flags.ts";
import { TraceFiles } from "../../src/replay/files.ts";
import type { EnterRecord, LeaveRecord, MapLine, OpenFile } from "../../src/trace/format.ts";
import { FILE, MAPPED, RING } from "./records.ts";

const PR_SET_NAME = 15;
/** What the model's methods give here. */
const GIVEN = 0x777000;

type Asked = readonly [method: string, ...args: unknown[]];

/** An address space that writes down what it is asked for. */
function watched(): { space: AddressSpace; asked: Asked[] } {
  const asked: Asked[] = [];
  const space = new Proxy(new AddressSpace({ mmapBase: 0x7fff_0000_0000 }), {
    get(target, name) {
      if (name === "descriptor") return target.descriptor;
      return (...args: unknown[]) => {
        asked.push([String(name), ...args]);
        return GIVEN;
      };
    },
  });
  return { space, asked };
}

interface Recorded {
  /** Whether the machine has protection keys, if the trace says so. */
  readonly protectionKeys?: boolean;
  readonly enter?: Partial<EnterRecord>;
  readonly leave?: Partial<LeaveRecord>;
}

/** What a call asks for and answers; a text if the model does nothing. */
function perform(call: string, args: readonly number[], recorded: Recorded = {}) {
  const { enter, leave, protectionKeys } = recorded;
  const decoded = decode({
    ...(protectionKeys !== undefined && { protectionKeys }),
    enter: { type: "enter", pid: 7, call, args, ...enter },
    leave: { type: "leave", pid: 7, call, result: 0x9000, removed: [], added: [], ...leave },
    files: new TraceFiles(),
  });
  if (decoded === undefined) return "nothing";
  if (typeof decoded !== "function") return decoded.unmodelled;
  const { space, asked } = watched();
  return { answer: decoded(space), asked };
}

/** Asserts what a call asks for, and that it answers 0. */
function assertAsks(
  call: string,
  args: readonly number[],
  asked: Asked,
  recorded?: Recorded,
): void {
  assertEquals(perform(call, args, recorded), { answer: 0, asked: [asked] });
}

/** As close to the end of the indices as -0x1000 is to that of 64 bits. */
const HIGH = MAX_INDEX + 1 - 0x1000;
/** A register of which the kernel takes the lower half. */
const WIDE = 0x5_0000_0003;

Deno.test("decode: each call hands its arguments on, addresses and lengths as unsigned numbers", () => {
  for (const [address, seen] of [[0x1000, 0x1000], [-0x1000, HIGH]] as const) {
    for (const [length, long] of [[0x2000, 0x2000], [-0x1000, HIGH]] as const) {
      const range = [address, length] as const, shown = [seen, long] as const;
      assertAsks("munmap", range, ["munmap", ...shown]);
      assertAsks("mprotect", [...range, 5], ["mprotect", ...shown, 5]);
      assertAsks("madvise", [...range, 4], ["madvise", ...shown, 4]);
      assertAsks("mlock", range, ["mlock", ...shown]);
      assertAsks("mlock2", [...range, 1], ["mlock", ...shown, 1]);
      assertAsks("munlock", range, ["munlock", ...shown]);
      assertAsks("mseal", [...range, 0], ["mseal", ...shown, 0]);
      assertAsks("msync", [...range, 4], ["msync", ...shown, 4]);
      assertAsks("mincore", [...range, -0x1000], ["mincore", ...shown, HIGH]);
      assertAsks("remap_file_pages", [...range, 0, -0x1000, 2], [
        ...["remapFilePages", ...shown, 0, HIGH, 2] as const,
      ]);
      assertAsks("mbind", [...range, 2, 0, 0, 0], ["mbind", ...shown, "mode 2, nodes 0x0"]);
      assertAsks("pkey_mprotect", [...range, 3, 2], ["mprotect", ...shown, 3, 2]);
      assertAsks("prctl", [PR_SET_VMA, PR_SET_VMA_ANON_NAME, ...range, 0], [
        ...["setAnonName", ...shown, null] as const,
      ]);
    }
  }
  assertAsks("shmdt", [-0x1000], ["shmdt", HIGH]);
  assertAsks("mlockall", [3], ["mlockall", 3]);
  assertAsks("munlockall", [], ["munlockall"]);
});

Deno.test("decode: brk, mremap and mmap answer what the model gives", () => {
  assertEquals(perform("brk", [-0x1000]), { answer: GIVEN, asked: [["brk", HIGH]] });
  const all = [0x1000, 0x2000, 0x3000, 3, 0x4000];
  assertEquals(perform("mremap", all), { answer: GIVEN, asked: [["mremap", ...all]] });
  assertEquals(perform("mremap", [-0x1000, -0x1000, -0x1000, 3, -0x1000]), {
    ...{ answer: GIVEN, asked: [["mremap", HIGH, HIGH, HIGH, 3, HIGH]] },
  });
});

Deno.test("decode: arguments that a text leaves out are 0, those beyond the call's own are passed over", () => {
  assertEquals(perform("mremap", [0x1000, 0x2000, 0x3000, 1]), {
    ...{ answer: GIVEN, asked: [["mremap", 0x1000, 0x2000, 0x3000, 1, 0]] },
  });
  assertEquals(perform("mremap", [0x1000, 0x2000, 0x3000]), {
    ...{ answer: GIVEN, asked: [["mremap", 0x1000, 0x2000, 0x3000, 0, 0]] },
  });
  assertAsks("remap_file_pages", [0x1000], ["remapFilePages", 0x1000, 0, 0, 0, 0]);
  assertAsks("munmap", [0x1000, 0x2000, 9, 9, 9, 9], ["munmap", 0x1000, 0x2000]);
  assertAsks("munmap", [0x1000], ["munmap", 0x1000, 0]);
});

Deno.test("decode: what the kernel takes as 32 bits is cut to them", () => {
  const range = [0x1000, 0x2000] as const;
  assertAsks("madvise", [...range, WIDE], ["madvise", ...range, 3]);
  assertAsks("mlock2", [...range, WIDE], ["mlock", ...range, 3]);
  assertAsks("mlockall", [WIDE], ["mlockall", 3]);
  assertAsks("msync", [...range, WIDE], ["msync", ...range, 3]);
  assertAsks("mbind", [...range, WIDE, 0, 0, 0], ["mbind", ...range, "mode 3, nodes 0x0"]);
  assertAsks("pkey_mprotect", [...range, 1, WIDE], ["mprotect", ...range, 1, 3]);
  assertAsks("mbind", [...range, 0, 0, 0, 0], ["mbind", ...range, null]);
});

Deno.test("decode: forks and execs have records of their own, unknown calls are told", () => {
  for (const call of ["fork", "vfork", "clone", "clone3", "execve", "execveat"]) {
    assertEquals(perform(call, [0, 0]), "nothing");
  }
  const interrupted = { leave: { error: "ERESTARTNOINTR" } };
  assertEquals(perform("clone", [0, 0], interrupted), "nothing");
  assertEquals(perform("execve", [0, 0], interrupted), "nothing");
  assertEquals(perform("no_such_call", []), "the call is not known here");
  const again = { leave: { error: "ERESTARTSYS" } };
  assertEquals(perform("munmap", [0, 0], again), "a signal interrupted it, and it is made again");
});

const LINE: MapLine = {
  ...{ start: 0x9000, end: 0xa000, permissions: "r--p", offset: 0, device: "00:05", inode: 5 },
  name: "dri",
};

/** The request of an mmap. */
function requested(args: readonly number[], recorded?: Recorded): MmapRequest {
  const performed = perform("mmap", args, recorded);
  if (typeof performed === "string") throw new Error(performed);
  assertEquals([performed.answer, performed.asked.length], [GIVEN, 1]);
  const [method, request] = performed.asked[0]!;
  assertEquals(method, "mmap");
  if (!isRequest(request)) throw new Error(`mmap was asked for ${request}`);
  return request;
}

function isRequest(request: unknown): request is MmapRequest {
  return typeof request === "object" && request !== null && "length" in request;
}

Deno.test("decode mmap: the request has every argument, and the file behind the descriptor", () => {
  const enter = { file: FILE };
  const { file, ...rest } = requested([-0x1000, -0x1000, 5, MAP_PRIVATE, 3, -0x1000], { enter });
  assertEquals(rest, {
    ...{ address: HIGH, length: HIGH, protection: 5, flags: MAP_PRIVATE, offset: HIGH },
  });
  assertEquals([file?.name, file?.device, file?.inode], ["data", "fe:00", 42]);
  assertEquals([file?.readable, file?.writable, file?.hugeAligned], [true, false, true]);
  assertEquals(requested([0, 0x1000, 1, MAP_PRIVATE, 3, 0]).file, null);
});

Deno.test("decode mmap: with MAP_ANONYMOUS a descriptor is not looked at; /dev/zero shared is memory too", () => {
  const enter = { file: FILE };
  const anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  assertEquals(requested([0, 0x1000, 1, anonymous, 3, 0], { enter }).file, null);
  const zero = { enter: { file: { ...FILE, kind: "device", name: "zero" } } } as const;
  const shared = requested([0, 0x1000, 1, MAP_SHARED, 3, 0], zero);
  assertEquals([shared.file, shared.flags], [null, MAP_SHARED | MAP_ANONYMOUS]);
  const others: Recorded[] = [
    { enter: { file: { ...FILE, name: "zero" } } },
    { enter: { file: { ...FILE, kind: "device", name: "null" } } },
    { ...zero, leave: { error: "ENODEV" } },
  ];
  for (const other of others) assert(requested([0, 0x1000, 1, MAP_SHARED, 3, 0], other).file);
  assert(requested([0, 0x1000, 1, MAP_PRIVATE, 3, 0], zero).file);
});

Deno.test("decode mmap: where MAP_32BIT placed is taken over, unless the call said where or failed", () => {
  const low = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
  const leave = { result: 0x4000_0000 };
  const place = (flags: number, other: Recorded = { leave }) => {
    const { address, flags: asked } = requested([0x1000, 0x1000, 1, flags, -1, 0], other);
    return [address, asked];
  };
  assertEquals(place(low), [0x4000_0000, low | MAP_FIXED]);
  assertEquals(place(low | MAP_FIXED), [0x1000, low | MAP_FIXED]);
  assertEquals(place(low, { leave: { ...leave, error: "ENOMEM" } }), [0x1000, low]);
  assertEquals(place(MAP_PRIVATE | MAP_ANONYMOUS), [0x1000, MAP_PRIVATE | MAP_ANONYMOUS]);
});

Deno.test("decode mmap: only the answer tells that a file cannot be mapped, is sealed, or has a driver", () => {
  const call = [0, 0x1000, 1, MAP_PRIVATE, 3, 0];
  const file = (kind: OpenFile["kind"], leave: Partial<LeaveRecord>) =>
    requested(call, { enter: { file: { ...FILE, kind } }, leave }).file;
  assertEquals(file("regular", { error: "ENODEV" })?.mappable, false);
  assertEquals(file("regular", { error: "EPERM" })?.sealed, true);
  assertEquals([file("regular", {})?.mappable, file("regular", {})?.sealed], [
    undefined,
    undefined,
  ]);
  const line = (start: number): MapLine => ({
    ...{ start, end: start + 0x1000, permissions: "r--p", offset: 0, device: "00:05", inode: 5 },
    ...{ name: "dri", vmFlags: "rd mr mw me de dd io pf" },
  });
  const added = [line(0x8000), line(0x9000)];
  for (const kind of ["device", "other"] as const) {
    const made = file(kind, { added });
    const { addedFlags = 0, clearedFlags = 0 } = made ?? {};
    assertEquals([addedFlags !== 0, clearedFlags !== 0, addedFlags & clearedFlags], [
      true,
      true,
      0,
    ]);
    assertEquals(file(kind, { added: [line(0x8000)] })?.addedFlags, undefined);
    assertEquals(file(kind, { added, error: "EACCES" })?.addedFlags, undefined);
  }
  for (const kind of ["regular", "shmem", "hugetlb"] as const) {
    assertEquals(file(kind, { added })?.addedFlags, undefined);
  }
});

Deno.test("decode mmap: of a driver's flags each that is shown is added, each that is not is cleared", () => {
  const call = [0, 0x1000, 1, MAP_PRIVATE, 3, 0];
  const shown = (vmFlags: string) => {
    const line = { ...LINE, vmFlags };
    const file = requested(call, {
      enter: { file: { ...FILE, kind: "device" } },
      leave: { added: [line] },
    }).file;
    return [file?.addedFlags ?? 0, file?.clearedFlags ?? 0].map(formatVmFlags);
  };
  const all = "me pf io de dd mm".split(" ").concat("dc").toSorted();
  const sorted = ([added = "", cleared = ""]: string[]) =>
    [added, cleared].map((text) => text.split(" ").filter((word) => word !== "").toSorted());
  assertEquals(sorted(shown("rd mr mw")), [[], all]);
  assertEquals(sorted(shown("rd mr mw me pf io de dc dd mm")), [all, []]);
  for (const one of all) {
    assertEquals(sorted(shown(`rd mr ${one}`)), [[one], all.filter((other) => other !== one)]);
  }
});

Deno.test("decode mmap: shared memory that shows no way to be written to was sealed, the same file each time", () => {
  const files = new TraceFiles();
  const file = (
    vmFlags: string | undefined,
    flags = MAP_SHARED,
    leave: Partial<LeaveRecord> = {},
  ) => {
    const line = vmFlags === undefined ? LINE : { ...LINE, vmFlags };
    const decoded = decode({
      ...{ enter: { ...MMAP, args: [0, 0x1000, 1, flags, 3, 0] }, files },
      leave: { ...MAPPED, added: [line], ...leave },
    });
    const { space, asked } = watched();
    if (typeof decoded === "function") decoded(space);
    const [, request] = asked[0]!;
    return isRequest(request) ? request.file : undefined;
  };
  const sealed = file("rd sh mr ms");
  assertEquals([sealed?.sealed, file("rd sh mr ms") === sealed], [true, true]);
  for (
    const open of [
      file("rd sh mr mw ms"),
      file("rd wr sh mr ms"),
      file(undefined),
      file("rd mr", MAP_PRIVATE),
      file("rd sh mr ms", MAP_SHARED, { error: "ENOMEM" }),
      file("rd sh mr ms", MAP_SHARED, { result: 0x8000 }),
    ]
  ) {
    assertEquals([open?.sealed, open === sealed], [undefined, false]);
  }
});

const MMAP: EnterRecord = {
  ...{ type: "enter", pid: 7, call: "mmap", args: [] },
  file: { ...FILE, kind: "shmem" },
};

Deno.test("decode io_setup: it maps a ring as long as the kernel's, a file of its own", () => {
  const performed = perform("io_setup", [8, 0x7000], { leave: { result: 0, added: [LINE, RING] } });
  if (typeof performed === "string") throw new Error(performed);
  assertEquals(performed.answer, 0);
  const [method, request] = performed.asked[0]!;
  if (!isRequest(request)) throw new Error(`${method} was asked for`);
  const { length, protection, flags, file } = request;
  assertEquals([length, protection, flags], [0x3000, 3, MAP_SHARED]);
  assertEquals([file?.name, file?.device, file?.inode], [RING.name, RING.device, RING.inode]);
  assertEquals([file?.readable, file?.writable, file?.hugeAligned, file?.executable], [
    ...[true, true, false, false],
  ]);
  assertEquals([file?.ringBytes, file?.unsynced], [0x3000, true]);
  const why = "what it mapped is not shown, or it was refused";
  assertEquals(perform("io_setup", [8, 0x7000], { leave: { added: [LINE] } }), why);
});

Deno.test("decode: calls whose answer depends on what the trace does not tell are not modelled", () => {
  const range = [0x1000, 0x2000] as const;
  const key = [...range, 1, 2];
  assertEquals(
    perform("pkey_mprotect", key, { leave: { error: "EINVAL" } }),
    [
      "the protection key was refused, or the range",
    ].join(),
  );
  assertAsks("pkey_mprotect", [...range, 1, -1], ["mprotect", ...range, 1, -1], {
    leave: { error: "EINVAL" },
  });
  assertAsks("pkey_mprotect", key, ["mprotect", ...range, 1, 2], { leave: { error: "ENOMEM" } });
  // Where the machine has no keys, that is why: the model refuses as well.
  assertAsks("pkey_mprotect", key, ["mprotect", ...range, 1, 2], {
    ...{ protectionKeys: false, leave: { error: "EINVAL" } },
  });
  const refused = { protectionKeys: true, leave: { error: "EINVAL" } };
  assertEquals(typeof perform("pkey_mprotect", key, refused), "string");
  for (const error of ["EINVAL", "EPERM", "EIO", "ENOSYS"]) {
    const said = perform("mbind", [...range, 2, 0, 0, 0], { leave: { error } });
    assertEquals(said, "which nodes there are is not recorded");
  }
  assertAsks("mbind", [...range, 2, 0, 0, 0], ["mbind", ...range, "mode 2, nodes 0x0"], {
    leave: { error: "EFAULT" },
  });
});

// mpol_new() and __mpol_equal(), Linux mm/mempolicy.c: MPOL_DEFAULT 0, PREFERRED 1, BIND 2, INTERLEAVE 3, LOCAL 4
Deno.test("decode mbind: equal policies are one text, the process's own is none", () => {
  const policy = (mode: number, nodes?: string) => {
    const enter = nodes === undefined ? {} : { nodes };
    const performed = perform("mbind", [0x1000, 0x2000, mode, 0x7000, 64, 0], { enter });
    return typeof performed === "string" ? performed : performed.asked[0]?.[3];
  };
  assertEquals([policy(0), policy(0, "0x3")], [null, null]);
  assertEquals(policy(4, "0x0"), policy(1, "0x0"));
  assertEquals(policy(1, "0x6"), policy(1, "0x2"));
  const others = [
    policy(1, "0x1"),
    policy(1, "0x2"),
    policy(2, "0x3"),
    policy(2, "0x1"),
    policy(3, "0x3"),
  ];
  assertEquals(new Set([...others, policy(4), policy(0)]).size, 7);
});

Deno.test("decode personality: the answer is the one recorded, and one bit matters", () => {
  for (
    const [wanted, set] of [[READ_IMPLIES_EXEC, true], [READ_IMPLIES_EXEC | 8, true], [8, false]]
  ) {
    assertEquals(perform("personality", [Number(wanted)]), {
      ...{ answer: 0x9000, asked: [["setReadImpliesExec", set]] },
    });
  }
});

Deno.test("decode process_madvise: advice on the own process, with what its ranges were", () => {
  const args = [5, 0x7000, 2, WIDE, WIDE];
  const ranges = [{ address: -0x1000, length: 0x1000 }, { address: 0x1000, length: -0x1000 }];
  const own = { enter: { process: 7, ranges } };
  assertEquals(perform("process_madvise", args, own), {
    answer: GIVEN,
    asked: [
      ...[[
        "processMadvise",
        [{ address: HIGH, length: 0x1000 }, { address: 0x1000, length: HIGH }],
        3,
        3,
      ]],
    ],
  });
  const said = (recorded: Recorded) => perform("process_madvise", args, recorded);
  assertEquals(said({ enter: { process: 8, ranges } }), "it advises on another process's memory");
  assertEquals(said({ enter: { ranges } }), "it advises on another process's memory");
  assertEquals(said({ ...own, leave: { error: "EBADF" } }), "its pidfd was refused");
  assertEquals(said({ enter: { process: 7 } }), "its list of ranges could not be read");
});

Deno.test("decode shmat: the segment is the one that was attached, the same for the same file", () => {
  const leave = { file: { ...FILE, kind: "shmem" } } as const;
  const performed = perform("shmat", [9, -0x1000, WIDE], { leave });
  if (typeof performed === "string") throw new Error(performed);
  const [method, segment, ...rest] = performed.asked[0]!;
  assertEquals([performed.answer, method, ...rest], [GIVEN, "shmat", HIGH, 3]);
  assertEquals(segment, new TraceFiles().segment(leave.file));
  const files = new TraceFiles();
  assert(files.segment(leave.file) === files.segment(leave.file));
  assert(files.segment(leave.file).file === files.of(leave.file));
  assertEquals(files.segment(leave.file).bytes, 0x8000);
  assertEquals(perform("shmat", [9, 0, 0]), "which segment was refused is not recorded");
});

Deno.test("decode prctl: names of memory, what may be written and executed, merging", () => {
  const name = (pointer: number, recorded?: Recorded) =>
    perform("prctl", [PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x1000, 0x2000, pointer], recorded);
  const asks = (given: string | null) => ({
    ...{ answer: 0, asked: [["setAnonName", 0x1000, 0x2000, given]] },
  });
  assertEquals(name(0x5000, { enter: { name: "heap" } }), asks("heap"));
  assertEquals(name(0, { enter: { name: "heap" } }), asks(null));
  assertEquals(name(0x5000), "the name could not be read");
  const refused = { enter: { name: "heap" }, leave: { error: "EINVAL" } };
  assertEquals(name(0x5000, refused), "the kernel cannot name memory, or refused");
  assertEquals(name(0x5000, { ...refused, leave: { error: "ENOMEM" } }), asks("heap"));
  assertEquals(
    perform("prctl", [PR_SET_VMA, 1, 0x1000, 0x2000, 0]),
    [
      "what PR_SET_VMA was to set is not known",
    ].join(),
  );
  assertAsks("prctl", [PR_SET_MDWE, 3, 0, 0, 0], ["setDenyWriteExec", 3]);
  assertAsks("prctl", [PR_SET_MDWE, 3, 0, 0, 0], ["setDenyWriteExec", 3], {
    leave: { error: "EPERM" },
  });
  const cannot = "the kernel cannot do it, or refused";
  assertEquals(perform("prctl", [PR_SET_MDWE, 3, 0, 0, 0], { leave: { error: "EINVAL" } }), cannot);
  assertAsks("prctl", [PR_SET_MEMORY_MERGE, 1, 0, 0, 0], ["setMemoryMerge", true]);
  assertAsks("prctl", [PR_SET_MEMORY_MERGE, 0, 0, 0, 0], ["setMemoryMerge", false]);
  const merge = perform("prctl", [PR_SET_MEMORY_MERGE, 1, 0, 0, 0], { leave: { error: "EINVAL" } });
  assertEquals(merge, cannot);
  assertEquals(perform("prctl", [PR_SET_NAME, 0, 0, 0, 0]), "the option does not concern memory");
});

Deno.test("decode: limits are those that the call left in force", () => {
  for (const call of ["prlimit64", "setrlimit"]) {
    const none = {
      addressSpace: Infinity,
      data: Infinity,
      stack: Infinity,
      lockedMemory: Infinity,
    };
    const limits = { stack: 1, data: 2, lockedMemory: 3, addressSpace: 4 };
    assertAsks(call, [0, 0, 0, 0], ["setrlimit", limits], { leave: { limits } });
    assertAsks(call, [0, 0, 0, 0], ["setrlimit", { ...none, data: 2 }], {
      leave: { limits: { data: 2 } },
    });
    assertAsks(call, [0, 0, 0, 0], ["setrlimit", {}]);
    assertEquals(
      perform(call, [0, 0, 0, 0], { leave: { error: "EPERM" } }),
      [
        "by what hard limits are bound is not recorded",
      ].join(),
    );
  }
});
