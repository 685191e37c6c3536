/** After any calls what an observer has told of a process is what the kernel shows of it. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FakeProcess, PAGE } from "../fake_process.ts";
import { ANONYMOUS, bare, FIXED, page, PAGES, plain, RO, RW, Scene, STACK } from "./observing.ts";

/** A step of a random program. */
type Step =
  | {
    readonly call: "mmap" | "mprotect";
    readonly at: number;
    readonly count: number;
    readonly prot: 1 | 3;
  }
  | { readonly call: "munmap"; readonly at: number; readonly count: number }
  | {
    readonly call: "madvise";
    readonly at: number;
    readonly count: number;
    readonly advice: 4 | 10 | 11;
  }
  | {
    readonly call: "mremap";
    readonly at: number;
    readonly count: number;
    readonly target: number;
  }
  | { readonly call: "write"; readonly at: number }
  | { readonly call: "grow"; readonly count: number }
  | { readonly call: "elsewhere"; readonly at: number };

const at = fc.nat(PAGES - 1), count = fc.integer({ min: 1, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant("mmap" as const),
      at,
      count,
      prot: fc.constantFrom(1 as const, 3 as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant("mprotect" as const),
      at,
      count,
      prot: fc.constantFrom(1 as const, 3 as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant("munmap" as const), at, count }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant("madvise" as const),
      at,
      count,
      advice: fc.constantFrom(4 as const, 10 as const, 11 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant("mremap" as const),
      at,
      count,
      target: fc.nat(PAGES - 1),
    }),
  },
  { weight: 5, arbitrary: fc.record({ call: fc.constant("write" as const), at }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("grow" as const), count }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("elsewhere" as const), at }) },
);

/** What a call that goes from page to page does up to the first hole; whether it met one. */
function everyPage(
  process: FakeProcess,
  start: number,
  length: number,
  change: (at: number) => void,
) {
  for (let at = start; at < start + length; at += PAGE) {
    if (!process.pages.has(at)) return true;
    change(at);
  }
  return false;
}

/** Makes a step, looking before and after each call as the recorder does. */
function perform(scene: Scene, step: Step): void {
  const { process } = scene;
  if (step.call === "write") {
    if (process.pages.get(page(step.at))?.permissions[1] === "w") process.write(page(step.at));
    return;
  }
  if (step.call === "grow") {
    const stack = process.lines().at(-1)!;
    process.map(stack.start - step.count * PAGE, stack.start, STACK);
    process.write(stack.start - step.count * PAGE);
    return;
  }
  scene.between();
  const start = page(step.at);
  if (step.call === "elsewhere") { // a driver maps or unmaps something
    scene.observer.isUncertain = true;
    if (process.pages.has(start)) process.unmap(start, start + PAGE);
    else process.map(start, start + PAGE, { permissions: "r--s", vmFlags: "rd mr pf io dd" });
    scene.after("prctl", [35, 0, 0, 0, 0]);
    return;
  }
  const length = step.count * PAGE;
  switch (step.call) {
    case "mmap":
      process.map(start, start + length, protection(step.prot));
      scene.after("mmap", [start, length, step.prot, ANONYMOUS | FIXED, -1, 0], { result: start });
      return;
    case "munmap":
      process.unmap(start, start + length);
      scene.after("munmap", [start, length]);
      return;
    case "mprotect": {
      const failed = everyPage(process, start, length, (each) => {
        const flags = process.pages.get(each)!.vmFlags;
        const change = protection(step.prot);
        const kept = flags.includes("dc") ? change.vmFlags.replace("ac", "dc ac") : change.vmFlags;
        if (!flags.includes("io")) process.change(each, each + PAGE, { ...change, vmFlags: kept });
      });
      scene.after("mprotect", [start, length, step.prot], outcome(failed));
      return;
    }
    case "madvise":
      scene.after("madvise", [start, length, step.advice], outcome(advised(process, step)));
      return;
    case "mremap": {
      const target = page(step.target);
      if (Math.abs(target - start) < length || !isOneVma(process, start, length)) return;
      process.move(start, start + length, target);
      scene.after("mremap", [start, length, length, 3, target], { result: target });
    }
  }
}

function protection(prot: 1 | 3) {
  return prot === 3 ? { permissions: "rw-p", vmFlags: RW } : { permissions: "r--p", vmFlags: RO };
}

function outcome(failed: boolean) {
  return failed ? { failed, result: -12 } : {};
}

/** MADV_DONTFORK and MADV_DOFORK are flags, MADV_DONTNEED takes pages away; holes are passed over. */
function advised(process: FakeProcess, { at, count, advice }: Step & { call: "madvise" }): boolean {
  let hasHole = false;
  for (let each = page(at); each < page(at + count); each += PAGE) {
    const old = process.pages.get(each);
    if (old === undefined) hasHole = true;
    else if (advice === 4) process.change(each, each + PAGE, { content: "nothing" });
    else if (!old.vmFlags.includes("io")) {
      const flags = old.vmFlags.replace("dc ", "");
      const vmFlags = advice === 10 ? flags.replace("ac", "dc ac") : flags;
      process.change(each, each + PAGE, { vmFlags });
    }
  }
  return hasHole;
}

function isOneVma(process: FakeProcess, start: number, length: number): boolean {
  const line = process.lines().find(({ end }) => end > start);
  return line !== undefined && line.start <= start && start + length <= line.end;
}

for (const means of [undefined, "text", "smaps", "checked", "checked text"]) {
  Deno.test(`Observer, ${means ?? "query"}: after any calls what was told is what the kernel shows`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const scene = new Scene(bare(), means);
        scene.tickMs = 0; // the whole is not read because it is time
        for (const each of steps) {
          perform(scene, each);
          if (each.call === "write" || each.call === "grow") continue;
          assertEquals(plain(scene.told), scene.expected());
          assertEquals(plain(scene.observer.layout.lines), scene.expected());
        }
        scene.between();
        assertEquals(plain(scene.told), scene.expected());
        assertEquals(scene.observer.late, 0);
      }),
      { numRuns: means === undefined ? 60 : 15 },
    );
  });
}
