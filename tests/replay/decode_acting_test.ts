/**
 * Recorded calls that act on more than what they are asked for: rings that go by where they lie, and where placement
 * begins, taken from the first place that the kernel chose.
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
} from "../../src/abi/mman.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { actionOf, decode } from "../../src/replay/decode.ts";
import { TraceFiles } from "../../src/replay/files.ts";
import type { EnterRecord, LeaveRecord } from "../../src/trace/format.ts";
import { assertFails } from "../mm/scene.ts";
import { present } from "../present.ts";
import { FILE, MAPPED, memory, RING } from "./records.ts";

Deno.test("decode io_destroy: the ring at the context's address goes, whatever else lies there stays", () => {
  const space = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
  const act = (call: string, args: readonly number[], leave: Partial<LeaveRecord>) => {
    const decoded = decode({
      ...{ enter: { type: "enter", pid: 7, call, args }, files: new TraceFiles() },
      leave: { type: "leave", pid: 7, call, result: 0, removed: [], added: [], ...leave },
    });
    return typeof decoded === "function" ? decoded(space) : decoded?.unmodelled;
  };
  assertEquals(act("io_setup", [8, 0], { added: [RING] }), 0);
  const [ring] = space.vmas();
  const at = ring?.start ?? 0;
  space.mmap({ address: 0x10000, length: 0x1000, protection: 3, flags: 0x32 });
  assertEquals(act("io_destroy", [at], { error: "EINVAL" }), "there is no such context");
  assertEquals([act("io_destroy", [0x10000], {}), space.mapCount], [0, 2]);
  assertEquals([act("io_destroy", [at], {}), space.mapCount], [0, 1]);
  assertEquals([act("io_destroy", [at + 0x10000], {}), space.mapCount], [0, 1]);
  // A file that is no ring is left alone.
  space.mmap({
    ...{ address: 0x20000, length: 0x1000, protection: 1, flags: MAP_SHARED | MAP_FIXED },
    file: new TraceFiles().of(FILE),
  });
  assertEquals([act("io_destroy", [0x20000], {}), space.mapCount], [0, 2]);
});

Deno.test("decode ioctl: a userfault descriptor takes a range in its modes, or gives it back", () => {
  const REGISTER = 0xc020_aa00, UNREGISTER = 0x8010_aa01;
  const range = { address: 0x10000, length: 0x1000 };
  const mode = (address: number) => ({ address, length: 0 });
  const space = new AddressSpace();
  space.mmap({ address: 0x10000, length: 0x1000, protection: 3, flags: 0x32 });
  const act = (request: number, ranges?: NonNullable<EnterRecord["ranges"]>, error?: string) => {
    const enter = { type: "enter", pid: 7, call: "ioctl", args: [3, request, 0x7000] } as const;
    const decoded = decode({
      enter: { ...enter, ...(ranges !== undefined && { ranges }) },
      leave: { ...MAPPED, call: "ioctl", result: 0, ...(error !== undefined && { error }) },
      files: new TraceFiles(),
    });
    if (typeof decoded !== "function") return decoded?.unmodelled;
    return [decoded(space), space.findVma(0x10000)?.otherFlags];
  };
  assertEquals(act(REGISTER, [range, mode(1)]), [0, "um"]);
  assertEquals(act(REGISTER | 0, [range, mode(2)]), [0, "uw"]); // as 32 bits with a sign
  assertEquals(act(UNREGISTER, [range]), [0, ""]);
  assertEquals(act(UNREGISTER, [range, mode(1)]), [0, ""]); // which has no mode
  assertEquals(act(REGISTER, [range]), [0, ""]);
  const refused = "the descriptor refused the range";
  assertEquals(act(REGISTER, [range, mode(1)], "EINVAL"), refused);
  assertEquals([act(REGISTER), act(REGISTER, [])], [refused, refused]);
});

Deno.test("decode close: with its last descriptor goes what a userfaultfd watched, as the kernel shows it", () => {
  const space = new AddressSpace();
  space.mmap({ address: 0x10000, length: 0x3000, protection: 3, flags: 0x32 });
  space.setUserfault(0x10000, 0x3000, 3);
  const action = present(actionOf({
    enter: { type: "enter", pid: 7, call: "close", args: [3] },
    leave: { ...MAPPED, call: "close", result: 0, added: [memory(0x11000)] },
    files: new TraceFiles(),
  }));
  assertEquals([action(space), Array.from(space.vmas(), (vma) => vma.otherFlags)], [
    0,
    ["um uw", "", "um uw"],
  ]);
});

Deno.test("decode map_shadow_stack: it goes where the kernel put it, unless there are none", () => {
  const act = (leave: Partial<LeaveRecord>, address = 0) => {
    const decoded = decode({
      enter: { type: "enter", pid: 7, call: "map_shadow_stack", args: [address, 0x2000, 0] },
      leave: { ...MAPPED, call: "map_shadow_stack", ...leave },
      files: new TraceFiles(),
    });
    return typeof decoded === "function" ? decoded(new AddressSpace()) : decoded?.unmodelled;
  };
  assertEquals(act({ result: 0x7000_0000_0000 }), 0x7000_0000_0000);
  assertFails("ERANGE", () => act({ result: -1, error: "ERANGE" }, 0x5000)); // refused where it was wanted
  for (const error of ["EOPNOTSUPP", "ENOSYS"]) {
    assertEquals(act({ error }), "the processor or the kernel has no shadow stacks");
  }
});

/** Where placement begins after a mapping at `result`, begun with `mmapBase` of 2^47 addresses. */
function base(
  mmapBase: number,
  [address, flags]: readonly [number, number] = [0, MAP_PRIVATE | MAP_ANONYMOUS],
  leave: Partial<LeaveRecord> = {},
  legacyLayout = false,
): number {
  const result = 0x7000_0000_0000;
  const decoded = decode({
    enter: { type: "enter", pid: 7, call: "mmap", args: [address, 0x1800, 3, flags, -1, 0] },
    leave: { type: "leave", pid: 7, call: "mmap", result, removed: [], added: [], ...leave },
    files: new TraceFiles(),
  });
  const space = new AddressSpace({ mmapBase, taskSize: 2 ** 47, legacyLayout });
  if (typeof decoded === "function") {
    try {
      decoded(space);
    } catch (error) {
      assert(error instanceof MmError);
    }
  }
  return space.descriptor.mmapBase;
}

Deno.test("decode mmap: where placement begins is taken from the first place that the kernel chose, if nothing else told", () => {
  const end = 0x7000_0000_2000, low = 0x40_0000, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  assertEquals(base(low), end);
  assertEquals(base(0), end);
  // Of 2^47 addresses the lowest eighth ends at 2^44.
  assertEquals([base(2 ** 44 - 0x1000), base(2 ** 44)], [end, 2 ** 44]);
  assertEquals(base(low, [0x5000_0000, anonymous]), low);
  assertEquals(base(low, [0, anonymous | MAP_FIXED]), low);
  assertEquals(base(low, [0, anonymous | MAP_32BIT]), low);
  assertEquals(base(low, undefined, { error: "ENOMEM" }), low);
  assertEquals(base(low, undefined, {}, true), low);
});

Deno.test("actionOf: what a call does, undefined where the model does nothing", () => {
  const call = (name: string) => ({
    ...{ enter: { type: "enter", pid: 7, call: name, args: [0x1000, 4096] } as const },
    ...{ leave: { ...MAPPED, call: name }, files: new TraceFiles() },
  });
  assertEquals(typeof actionOf(call("munmap")), "function");
  assertEquals([actionOf(call("fork")), actionOf(call("no_such_call"))], [undefined, undefined]);
});
