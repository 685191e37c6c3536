/**
 * The table of rules: values by version, backports, and that each rule decides something.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MADV, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../../src/abi/mman.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  isNewerThanTable,
  type KernelRules,
  kernelRules,
  overrideRules,
  RULE_NAMES,
  ruleDifferences,
  type RuleName,
  ruleValues,
  sinceWhen,
  takenAs,
  unknownRules,
} from "../../../src/mm/rules/kernel_rules.ts";
import { rulesAsMarkdown } from "../../../src/mm/rules/markdown.ts";
import { RULES } from "../../../src/mm/rules/table.ts";
import { compareVersions, parseKernelVersion } from "../../../src/mm/rules/version.ts";
import { vmFlagsText } from "../../../src/mm/vma/proc_maps.ts";
import { FIXED, layoutOf, map, mapFile, mapShared, open, RW, space, touch } from "../scene.ts";

const PAGE = 0x1000;
const MIB = 0x10_0000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;
const LEAVE = MREMAP_DONTUNMAP | MREMAP_MAYMOVE | MREMAP_FIXED;

Deno.test("kernelRules: a rule changes at its version, and a stable release may have it before", () => {
  assertEquals([kernelRules("6.9.12").seal, kernelRules("6.10").seal], [false, true]);
  assertEquals([kernelRules("6.0").newMapping, kernelRules("6.1").newMapping], [
    "previous",
    "next",
  ]);
  assertEquals(kernelRules("6.12-rc1").newMapping, "previous");
  assertEquals(
    ["6.1.191", "6.1.192", "6.1.193", "6.12.117", "6.13.1", "7.2.7", "7.2.12", "7.3"].map(
      (release) => kernelRules(release).dontUnmapKeepsApart,
    ),
    [false, true, true, true, false, false, true, true],
  );
});

Deno.test("kernelRules: older than the table has its first values, newer its last; what is no version is refused", () => {
  assertEquals(kernelRules("4.19.0-26-amd64"), kernelRules("5.10"));
  assertEquals(kernelRules("9.1"), kernelRules("7.3"));
  assertEquals(kernelRules("6.1.0-56-cloud-amd64"), kernelRules("6.1"));
  for (const text of ["", "six", "6", "latest"]) {
    assertThrows(() => kernelRules(text), RangeError, "kernel version");
  }
});

Deno.test("takenAs: a kernel for those that the table does not reach, whatever their stable release", () => {
  const older = ["2.6.32", "4.19", "5.9.16"].map(takenAs);
  const newer = ["7.4-rc1", "8.0", "10.1"].map(takenAs);
  const known = ["5.10", "5.10.0-32", "6.18.44", "7.3", "7.3.99"].map(takenAs);
  assertEquals(older, ["5.10", "5.10", "5.10"]);
  assertEquals(newer, ["7.3", "7.3", "7.3"]);
  assertEquals(known, [undefined, undefined, undefined, undefined, undefined]);
  assertThrows(() => takenAs("new"), RangeError);
});

Deno.test("kernelRules: without an argument those of the kernel that the model follows", () => {
  assertEquals(kernelRules(), kernelRules("6.18.44"));
  assertEquals(ruleDifferences(kernelRules("6.18.44"), kernelRules("6.19")), []);
});

Deno.test("overrideRules: takes what the table knows and passes over the rest", () => {
  const rules = overrideRules(kernelRules(), {
    seal: false,
    alignAnonymous: "sideways",
    ofTomorrow: true,
    toString: true,
  });
  assertEquals(ruleDifferences(rules, kernelRules()), ["seal"]);
});

Deno.test("overrideRules: rules of which one has no value of its row are refused", () => {
  const broken = { ...kernelRules() };
  Object.assign(broken, { seal: "sideways" });
  assertThrows(() => overrideRules(broken, {}), TypeError, "A rule has no value");
  assertEquals(overrideRules(broken, { seal: true }).seal, true);
});

Deno.test("unknownRules: names that the table has not, and values that a row has not", () => {
  const values = { seal: true, alignAnonymous: "sideways", ofTomorrow: true, mapHugePages: false };
  assertEquals(unknownRules(values), ["alignAnonymous", "ofTomorrow"]);
});

Deno.test("isNewerThanTable: a release beyond the newest; what is no version is none", () => {
  const releases = ["7.3.4", "7.4-rc1", "8.0", "5.9", "tomorrow"];
  assertEquals(releases.map(isNewerThanTable), [false, true, true, false, false]);
});

Deno.test("sinceWhen: in words, with backports", () => {
  assertEquals(sinceWhen("seal", true), "since 6.10");
  assertEquals(sinceWhen("seal", false), "before 6.10");
  assertEquals(sinceWhen("newMapping", "next"), "from 6.1 to before 6.12");
  assertEquals(sinceWhen("dontUnmapKeepsApart", true), "since 7.3, 6.1.192, 6.12.117, 7.2.12");
  assertEquals(sinceWhen("dontUnmapKeepsApart", false), "before 7.3");
  assertEquals(sinceWhen("mapHugePages", true), "always");
  assertEquals(sinceWhen("mapHugePages", false), "if built so");
});

Deno.test("RULES: values begin with 5.10 and ascend", () => {
  for (const name of RULE_NAMES) {
    const versions = RULES[name].values.map(([from]) => parseKernelVersion(from));
    assertEquals(versions[0], [5, 10, 0], name);
    const pairs = versions.slice(1).map((version, at) => compareVersions(versions[at]!, version));
    assert(pairs.every((order) => order < 0), name);
  }
});

Deno.test("README: shows the table as the code has it", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../../src/mm/README.md", import.meta.url),
  );
  const plain = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");
  const rows = rulesAsMarkdown().split("\n").slice(2).map(plain);
  const shown = plain(readme);
  assertEquals(rows.filter((row) => !shown.includes(row)), []);
});

/** For each rule something that it decides, as an outcome in words under each of its values. */
const DECIDES: Readonly<Record<RuleName, (mm: AddressSpace) => string>> = {
  alignAnonymous(mm) {
    mm.mmap({ length: PAGE, protection: RW, flags: 0x22 });
    const sizes = [2 * MIB, 2 * MIB + PAGE];
    return sizes.map((length) => mm.mmap({ length, protection: RW, flags: 0x22 }) % (2 * MIB) === 0)
      .join();
  },
  alignFiles: (mm) => {
    const file = { ...open(), hugeAligned: true };
    mm.mmap({ length: PAGE, protection: RW, flags: 0x22 });
    return String(mm.mmap({ length: 4 * MIB, protection: 1, flags: 2, file }) % (2 * MIB) === 0);
  },
  alignTakesUpperEnd(mm) {
    const file = { ...open(), hugeAligned: true };
    const place = () => mm.mmap({ length: 4 * MIB, protection: 1, flags: 2, file });
    return String((place() - place()) / MIB);
  },
  seeksBelowGuardGap(mm) {
    const top = 0x7fff_0000_0000;
    mm.mmap({ address: top - PAGE, length: PAGE, protection: RW, flags: FIXED | 0x100 });
    map(mm, top - 16 * PAGE, top - 15 * PAGE);
    return mm.mmap({ length: PAGE, protection: RW, flags: 0x22 }).toString(16);
  },
  newMapping(mm) {
    map(mm, 0x1000, 0x2000);
    map(mm, 0x3000, 0x4000);
    touch(mm, 0x1000);
    touch(mm, 0x3000);
    map(mm, 0x2000, 0x3000);
    return layoutOf(mm).join();
  },
  unwrittenTakesWritten(mm) {
    map(mm, 0x1000, 0x2000);
    map(mm, 0x2000, 0x3000, 1);
    mm.fault(0x2000, "force");
    mm.mprotect(0x2000, PAGE, RW);
    return layoutOf(mm).join();
  },
  closeHookMerges(mm) {
    const file = open("shm", { hooks: { close() {} } });
    mapShared(mm, 0x1000, 0x2000, file, 0);
    mapShared(mm, 0x2000, 0x3000, file, 0x1000);
    return layoutOf(mm).join();
  },
  anonPageOffset(mm) {
    const file = open();
    mapFile(mm, 0x1000, 0x2000, file, 0, RW);
    touch(mm, 0x1000);
    mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x8000);
    mapFile(mm, 0x9000, 0xa000, file, 0x1000, RW);
    return layoutOf(mm).join();
  },
  mapStackNoHugePages(mm) {
    mm.mmap({ address: 0x1000, length: PAGE, protection: RW, flags: FIXED | 0x2_0000 });
    return flagsAt(mm, 0x1000);
  },
  mapDroppable: (mm) => outcome(() => mm.mmap({ length: PAGE, protection: RW, flags: 0x28 })),
  sealedMapsForReading(mm) {
    const file = { ...open(), sealed: true };
    const what = outcome(() => mapShared(mm, 0x1000, 0x2000, file, 0));
    return mm.mapCount === 0 ? what : `${what} ${flagsAt(mm, 0x1000)}`;
  },
  secretIsLocked(mm) {
    mapShared(mm, 0x1000, 0x2000, { ...open("secretmem"), secret: true }, 0);
    return flagsAt(mm, 0x1000);
  },
  ringNotForked(mm) {
    mapShared(mm, 0x1000, 0x2000, { ...open("[aio]"), ringBytes: PAGE }, 0);
    return flagsAt(mm, 0x1000);
  },
  replaceAtOnce(mm) {
    map(mm, 0x1000, 0x4000, 1);
    mm.descriptor.commit.memoryPages = 1;
    const what = outcome(() => map(mm, 0x2000, 0x4000));
    return `${what} ${layoutOf(mm).join()}`;
  },
  readOnlyDropsAccount(mm) {
    map(mm, 0x1000, 0x2000);
    mm.mprotect(0x1000, PAGE, 1);
    return flagsAt(mm, 0x1000);
  },
  moveSeveralVmas(mm) {
    map(mm, 0x1000, 0x2000, 1);
    map(mm, 0x2000, 0x3000, RW);
    return outcome(() => mm.mremap(0x1000, 2 * PAGE, 2 * PAGE, MOVE, 0x10000));
  },
  mremapChecksFirst: (mm) => outcome(() => mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x20001)),
  shrinkLooksUp: (mm) => outcome(() => mm.mremap(0x1000, 2 * PAGE, PAGE)),
  dontUnmapFiles(mm) {
    mapFile(mm, 0x1000, 0x2000, open(), 0);
    return outcome(() => mm.mremap(0x1000, PAGE, PAGE, LEAVE, 0x10000));
  },
  dontUnmapAccountsNext(mm) {
    map(mm, 0x1000, 0x4000);
    map(mm, 0x8000, 0x9000, 0);
    mm.mremap(0x2000, PAGE, PAGE, LEAVE, 0x20000);
    return flagsAt(mm, 0x8000);
  },
  dontUnmapDropsAccount(mm) {
    map(mm, 0x1000, 0x2000);
    mm.mremap(0x1000, PAGE, PAGE, LEAVE, 0x20000);
    const flags = flagsAt(mm, 0x1000);
    mm.munmap(0, 0x100000);
    return `${flags}, ${mm.descriptor.commit.pages} pages stay promised`;
  },
  dontUnmapKeepsApart(mm) {
    map(mm, 0x1000, 0x2000);
    mm.mremap(0x1000, PAGE, PAGE, LEAVE, 0x2000);
    return layoutOf(mm).join();
  },
  dontUnmapSplitsLocked(mm) {
    map(mm, 0x1000, 0x4000);
    mm.mlock(0x1000, 3 * PAGE);
    mm.mremap(0x2000, PAGE, PAGE, LEAVE, 0x20000);
    return flagsAt(mm, 0x1000);
  },
  dontUnmapResetsOffset(mm) {
    map(mm, 0x1000, 0x2000);
    touch(mm, 0x1000);
    mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x8000);
    mm.mremap(0x8000, PAGE, PAGE, LEAVE, 0x20000);
    return layoutOf(mm).join();
  },
  mremapReserve(mm) {
    map(mm, 0x1000, 0x3000);
    while (mm.mapCount < 7) map(mm, 0x10000 * mm.mapCount, 0x10000 * mm.mapCount + PAGE);
    return outcome(() => mm.mremap(0x1000, 2 * PAGE, PAGE));
  },
  adviseGuard: (mm) => advise(mm, MADV.GUARD_INSTALL),
  advisePopulate: (mm) => advise(mm, MADV.POPULATE_READ),
  adviseDontNeedLocked: (mm) => advise(mm, MADV.DONTNEED_LOCKED),
  adviseCollapse(mm) {
    map(mm, 2 * MIB, 4 * MIB);
    return outcome(() => mm.madvise(2 * MIB, 2 * MIB, MADV.COLLAPSE));
  },
  adviseLimitAgain(mm) {
    while (mm.mapCount < 10) {
      map(mm, 0x10000 * (mm.mapCount + 1), 0x10000 * (mm.mapCount + 1) + 2 * PAGE);
    }
    return outcome(() => mm.madvise(0x10000, PAGE, MADV.DONTFORK));
  },
  guardFiles(mm) {
    mapShared(mm, 0x1000, 0x2000, open(), 0);
    return outcome(() => mm.madvise(0x1000, PAGE, MADV.GUARD_INSTALL));
  },
  lockOnFaultPasses(mm) {
    map(mm, 0x1000, 0x2000, 0);
    return outcome(() => mm.mlock(0x1000, PAGE, 1));
  },
  populateStopsAtHole(mm) {
    map(mm, 0x1000, 0x2000);
    map(mm, 0x3000, 0x4000, 0);
    return outcome(() => mm.madvise(0x1000, 3 * PAGE, MADV.POPULATE_READ));
  },
  doForkRefusesSpecial(mm) {
    const vmas = [{ start: 0x1000, end: 0x2000, flags: 1 << 16 }]; // VM_DONTEXPAND
    mm.exec({ vmas, startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    return outcome(() => mm.madvise(0x1000, PAGE, MADV.DOFORK));
  },
  processAdviseOnSelf(mm) {
    map(mm, 0x1000, 0x2000);
    return outcome(() => mm.processMadvise([{ address: 0x1000, length: PAGE }], MADV.DONTDUMP));
  },
  processAdviseChecksFirst: (mm) => outcome(() => mm.processMadvise([], 7)),
  mapDroppableUnlocked(mm) {
    mm.mlockall(2);
    mm.mmap({ address: 0x1000, length: PAGE, protection: RW, flags: 0x38 });
    return flagsAt(mm, 0x1000);
  },
  namesSharedMemory(mm) {
    mm.mmap({ address: 0x1000, length: PAGE, protection: 3, flags: FIXED ^ 3 });
    return outcome(() => mm.setAnonName(0x1000, PAGE, "name"));
  },
  seal(mm) {
    map(mm, 0x1000, 0x2000);
    return outcome(() => mm.mseal(0x1000, PAGE));
  },
  showsLockOnFault(mm) {
    map(mm, 0x1000, 0x2000);
    mm.mlock(0x1000, PAGE, 1);
    return flagsAt(mm, 0x1000);
  },
  showsGuard(mm) {
    map(mm, 0x1000, 0x2000);
    mm.madvise(0x1000, PAGE, MADV.GUARD_INSTALL);
    return flagsAt(mm, 0x1000);
  },
  showsHeapBeside(mm) {
    mm.exec({ vmas: [], startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    mm.brk(0x101000);
    for (const start of [0xff000, 0x101000]) map(mm, start, start + PAGE, 0);
    return mm.maps().trimEnd().split("\n").map((line) => line.endsWith("[heap]")).join();
  },
  adviseHugePages: (mm) =>
    [MADV.HUGEPAGE, MADV.NOHUGEPAGE, MADV.COLLAPSE].map((each) => advise(mm, each)).join(),
  adviseMergeable: (mm) =>
    [MADV.MERGEABLE, MADV.UNMERGEABLE].map((each) => advise(mm, each)).join(),
  mapHugePages: (mm) => outcome(() => mm.mmap({ length: 2 * MIB, protection: RW, flags: 0x44022 })), // MAP_NORESERVE
  protectWithKeys(mm) {
    map(mm, 0x1000, 0x2000);
    mm.mprotect(0x1000, PAGE, 1);
    return outcome(() => mm.mprotect(0x1000, PAGE, 1, -1));
  },
  heapExecutable(mm) {
    mm.exec({ vmas: [], startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    mm.brk(0x101000);
    return flagsAt(mm, 0x100000);
  },
};

/** What each rule decides, by value. */
const OUTCOMES: Readonly<Record<RuleName, Readonly<Record<string, string>>>> = {
  alignAnonymous: { never: "false,false", large: "true,true", multiples: "true,false" },
  alignFiles: { false: "false", true: "true" },
  alignTakesUpperEnd: { false: "6", true: "4" },
  seeksBelowGuardGap: { false: "7ffefffef000", true: "7ffeffefe000" },
  newMapping: {
    previous: "1000-3000 rw-p 1*,3000-4000 rw-p 3*",
    next: "1000-2000 rw-p 1*,2000-4000 rw-p 2*",
  },
  unwrittenTakesWritten: {
    false: "1000-2000 rw-p 1,2000-3000 rw-p 2*",
    true: "1000-3000 rw-p 1*",
  },
  closeHookMerges: {
    false: "1000-2000 r--s 0 shm,2000-3000 r--s 1 shm",
    true: "1000-3000 r--s 0 shm",
  },
  anonPageOffset: {
    false: "8000-a000 rw-p 0 data*",
    true: "8000-9000 rw-p 0 data*,9000-a000 rw-p 1 data",
  },
  mapStackNoHugePages: { false: "rd wr mr mw me ac", true: "rd wr mr mw me ac nh" },
  mapDroppable: { false: "EINVAL", true: "ok" },
  sealedMapsForReading: { false: "EPERM", true: "ok rd sh mr me ms" },
  secretIsLocked: { true: "rd sh mr mw me ms lo dd", false: "rd sh mr mw me ms dd" },
  ringNotForked: { false: "rd sh mr mw me ms de", true: "rd sh mr mw me ms dc de" },
  replaceAtOnce: {
    false: "ENOMEM 1000-2000 r--p 1",
    true: "ENOMEM 1000-2000 r--p 1,2000-4000 r--p 2",
  },
  readOnlyDropsAccount: { false: "rd mr mw me ac", true: "rd mr mw me" },
  moveSeveralVmas: { false: "EFAULT", true: "ok" },
  mremapChecksFirst: { false: "EFAULT", true: "EINVAL" },
  shrinkLooksUp: { false: "ok", true: "EFAULT" },
  dontUnmapFiles: { false: "EINVAL", true: "ok" },
  dontUnmapAccountsNext: { true: "mr mw me ac", false: "mr mw me" },
  dontUnmapDropsAccount: {
    false: "rd wr mr mw me ac, 0 pages stay promised",
    true: "rd wr mr mw me, 1 pages stay promised",
  },
  dontUnmapKeepsApart: {
    false: "1000-3000 rw-p 1",
    true: "1000-2000 rw-p 1,2000-3000 rw-p 2",
  },
  dontUnmapSplitsLocked: { false: "rd wr mr mw me ac", true: "rd wr mr mw me lo ac" },
  dontUnmapResetsOffset: {
    false: "8000-9000 rw-p 1,20000-21000 rw-p 1*",
    true: "8000-9000 rw-p 8,20000-21000 rw-p 1*",
  },
  mremapReserve: { "to a target": "ok", always: "ENOMEM" },
  adviseGuard: { false: "EINVAL", true: "ok" },
  advisePopulate: { false: "EINVAL", true: "ok" },
  adviseDontNeedLocked: { false: "EINVAL", true: "ok" },
  adviseCollapse: { false: "EINVAL", true: "ok" },
  adviseLimitAgain: { false: "ENOMEM", true: "EAGAIN" },
  guardFiles: { false: "EINVAL", true: "ok" },
  lockOnFaultPasses: { false: "ENOMEM", true: "ok" },
  populateStopsAtHole: { false: "EINVAL", true: "ENOMEM" },
  doForkRefusesSpecial: { false: "ok", true: "EINVAL" },
  processAdviseOnSelf: { false: "EINVAL", true: "ok" },
  processAdviseChecksFirst: { false: "ok", true: "EINVAL" },
  mapDroppableUnlocked: {
    false: "rd wr mr mw me lo nr wf dd dp",
    true: "rd wr mr mw me nr wf dd dp",
  },
  namesSharedMemory: { false: "EBADF", true: "ok" },
  seal: { false: "ENOSYS", true: "ok" },
  showsLockOnFault: { false: "rd wr mr mw me lo ?? ac", true: "rd wr mr mw me lo lf ac" },
  showsGuard: { false: "rd wr mr mw me ac", true: "rd wr mr mw me gu ac" },
  showsHeapBeside: { true: "true,true,true", false: "false,true,false" },
  adviseHugePages: { true: "ok,ok,EINVAL", false: "EINVAL,EINVAL,EINVAL" },
  adviseMergeable: { true: "ok,ok", false: "EINVAL,EINVAL" },
  mapHugePages: { true: "ok", false: "EINVAL" },
  protectWithKeys: { true: "ok", false: "ENOSYS" },
  heapExecutable: { false: "rd wr mr mw me ac", true: "rd wr ex mr mw me ac" },
};

function outcome(call: () => unknown): string {
  try {
    call();
    return "ok";
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return error.code;
  }
}

function advise(mm: AddressSpace, advice: number): string {
  map(mm, 0x1000, 0x2000);
  return outcome(() => mm.madvise(0x1000, PAGE, advice));
}

function flagsAt(mm: AddressSpace, address: number): string {
  const { descriptor } = mm;
  return vmFlagsText(descriptor, descriptor.tree.findVma(address)!);
}

/** Other rules under which a rule shows. */
const GIVEN: Readonly<Partial<Record<RuleName, Partial<KernelRules>>>> = {
  mremapChecksFirst: { moveSeveralVmas: false },
  shrinkLooksUp: { moveSeveralVmas: false },
};

for (const name of RULE_NAMES) {
  Deno.test(`rules: ${name} decides as its row says, under each of its values`, () => {
    const newest = kernelRules("7.3");
    for (const value of ruleValues(name)) {
      const rules = overrideRules({ ...newest, ...GIVEN[name] }, { [name]: value });
      const mm = space({
        rules,
        ...(["mremapReserve", "adviseLimitAgain"].includes(name) && { maxMapCount: 10 }),
      });
      assertEquals(DECIDES[name](mm), OUTCOMES[name][String(value)], `${name} ${value}`);
      mm.validate();
    }
  });
}
