/**
 * Calls as data, which a replay that compares nothing does: each is answered and done as the action of the same call.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MLOCK_ONFAULT,
  MS_ASYNC,
  MS_SYNC,
  PROT_READ,
} from "../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { actionOf } from "../../src/replay/decode.ts";
import { directCall, type DirectName, perform } from "../../src/replay/direct_call.ts";
import { TraceFiles } from "../../src/replay/files.ts";
import { linesOf } from "../../src/replay/imported/layouts.ts";
import { present } from "../present.ts";
import { PID, RW, TOP } from "./records.ts";

const ANON = MAP_PRIVATE | MAP_ANONYMOUS;
const EPERM = -1, ENOMEM = -12, EINVAL = -22;

/** Three pages at 0x10000, and a heap that begins at 0x500000; the machine has no protection keys. */
function scene(): AddressSpace {
  const space = new AddressSpace({ mmapBase: TOP, protectionKeys: false });
  space.descriptor.startBrk = space.descriptor.brk = 0x500000;
  space.mmap({ address: 0x10000, length: 0x3000, protection: RW, flags: ANON | MAP_FIXED });
  return space;
}

type Call = readonly [name: string, args: readonly number[], result: number];

/** Does calls one after the other, as actions and as data. */
function done(...calls: readonly Call[]): void {
  const acting = scene(), direct = scene();
  for (const [name, args, result] of calls) {
    const text = `${name}(${args})`;
    const action = present(actionOf({
      enter: { type: "enter", pid: PID, call: name, args },
      leave: { type: "leave", pid: PID, call: name, result, removed: [], added: [] },
      files: new TraceFiles(),
    }));
    const data = present(action.direct);
    assertEquals(resultOf(() => action(acting)), result, text);
    assertEquals(resultOf(() => perform(direct.descriptor, data)), result, text);
    assertEquals(shown(direct), shown(acting), text);
  }
}

/** What there is in an address space, each VMA with its flags. */
function shown(space: AddressSpace): unknown {
  const flags = Array.from(space.vmas(), (vma) => vma.flags);
  return [linesOf(space), flags, space.descriptor.brk];
}

function resultOf(act: () => number): number {
  try {
    return act();
  } catch (error) {
    if (error instanceof MmError) return -error.errno;
    throw error;
  }
}

Deno.test("perform: each call answers and does what its action does", () => {
  done(
    ["mmap", [0, 0x2000, PROT_READ, ANON, -1, 0], TOP - 0x2000],
    ["mmap", [0x20000, 0x1800, RW, ANON | MAP_FIXED, -1, 0], 0x20000],
    ["mmap", [0, 0, RW, ANON, -1, 0], EINVAL],
  );
  done(["munmap", [0x11000, 0x1000], 0], ["munmap", [0x10800, 0x1000], EINVAL]);
  done(
    ["mprotect", [0x11000, 0x1000, PROT_READ], 0],
    ["mprotect", [0x11000, 0x3000, PROT_READ], ENOMEM],
  );
  done(["brk", [0x503000], 0x503000], ["brk", [0x501800], 0x501800], ["brk", [0], 0x501800]);
  done(
    ["madvise", [0x11000, 0x1000, MADV.DONTFORK], 0],
    ["madvise", [0x11000, 0x1000, 77], EINVAL],
  );
  done(
    ["mlock", [0x10000, 0x2000], 0],
    ["munlock", [0x11000, 0x1000], 0],
    ["munlock", [0x20000, 0x1000], ENOMEM],
  );
  done(
    ["mlock2", [0x11000, 0x1000, MLOCK_ONFAULT], 0],
    ["mlock2", [0x11000, 0x1000, 0x40], EINVAL],
  );
  done(
    ["mseal", [0x11000, 0x1000, 0], 0],
    ["munmap", [0x11000, 0x1000], EPERM],
    ["mseal", [0x11000, 0x1000, 1], EINVAL],
  );
  done(
    ["msync", [0x10000, 0x3000, MS_SYNC], 0],
    ["msync", [0x10000, 0x3000, MS_SYNC | MS_ASYNC], EINVAL],
    ["msync", [0x10000, 0x4000, MS_SYNC], ENOMEM],
  );
});

Deno.test("perform: the first place that a kernel chose tells where placement begins, as the action does", () => {
  const request = { length: 0x1000, protection: RW, flags: ANON };
  const placed = (end: number) => {
    const { descriptor } = new AddressSpace({ mmapBase: 0x403000 });
    const call = present(directCall("mmap", 0, 0x1000, 0, { request, end }));
    return [perform(descriptor, call), descriptor.mmapBase];
  };
  assertEquals(placed(TOP), [TOP - 0x1000, TOP]);
  assertEquals(placed(0), [0x402000, 0x403000]);
});

Deno.test("directCall: none of what the model refuses as no number, which the action then says", () => {
  const isDirect = (name: DirectName, [address, length, third]: number[], offset = 0) => {
    const request = { length: 0x1000, protection: RW, flags: ANON, offset };
    const mapping = name === "mmap" ? { request, end: 0 } : undefined;
    return directCall(name, address!, length!, third!, mapping) !== undefined;
  };
  assertEquals(isDirect("munmap", [0x1000, 0x1000, 0]), true);
  assertEquals(isDirect("munmap", [0, 0, 0]), true);
  assertEquals(isDirect("munmap", [ADDRESS_LIMIT - 1, ADDRESS_LIMIT - 1, -1]), true);
  for (const odd of [0.5, NaN, Infinity, -1, ADDRESS_LIMIT]) {
    assertEquals(isDirect("munmap", [odd, 0x1000, 0]), false);
    assertEquals(isDirect("munmap", [0x1000, odd, 0]), false);
    assertEquals(isDirect("mmap", [0, 0x1000, 0], odd), false);
  }
  for (const odd of [0.5, NaN, Infinity, ADDRESS_LIMIT]) {
    assertEquals(isDirect("mprotect", [0x1000, 0x1000, odd]), false);
    for (const name of ["protection", "flags"]) {
      const request = { length: 0x1000, protection: RW, flags: ANON, [name]: odd };
      assertEquals(directCall("mmap", 0, 0x1000, 0, { request, end: 0 }), undefined);
    }
  }
});
