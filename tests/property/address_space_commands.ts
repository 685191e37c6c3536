/**
 * The address space against one that is kept page by page.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AddressSpace, MmError } from "../../mod.ts";
import { MADV, MLOCK_ONFAULT } from "../../src/abi/mman.ts";
import { VM_DONTCOPY, VM_LOCKED } from "../../src/mm/vm_flags.ts";
import { Act } from "./check.ts";

const PAGE = 0x1000;
const FIXED = 0x32;
const ANYWHERE = 0x22;

/** What a page is: everything of its VMA that a call here can change. */
export interface Page {
  readonly protection: number;
  readonly locked: boolean;
  readonly copied: boolean;
}

/** Pages by number; those that are not there are free. */
export type Pages = Map<number, Page>;

/** The model: pages, one by one. */
export interface Model {
  pages: Pages;
}

/** The real thing. */
export interface Real {
  mm: AddressSpace;
}

/** A command. */
export type Do = Act<Model, Real>;

/** Up to `count` pages from `first`, ending before the first hole, if holes stop the call. */
function upToHole(pages: Pages, first: number, count: number): { end: number; hole: boolean } {
  for (let page = first; page < first + count; page++) {
    if (!pages.has(page)) return { end: page, hole: true };
  }
  return { end: first + count, hole: false };
}

function change(pages: Pages, first: number, end: number, changed: Partial<Page>): void {
  for (let page = first; page < end; page++) {
    const old = pages.get(page);
    if (old !== undefined) pages.set(page, { ...old, ...changed });
  }
}

/** The code of the error, "ok" if there is none. */
function outcome(act: () => unknown): string {
  try {
    act();
    return "ok";
  } catch (error) {
    if (error instanceof MmError) return error.code;
    throw error;
  }
}

/** The VMAs, page by page. */
function pagesOf(mm: AddressSpace): Pages {
  const pages: Pages = new Map();
  for (const { start, end, flags } of mm.vmas()) {
    const locked = (flags & VM_LOCKED) !== 0;
    const page = { protection: flags & 7, locked, copied: (flags & VM_DONTCOPY) === 0 };
    for (let address = start; address < end; address += PAGE) pages.set(address / PAGE, page);
  }
  return pages;
}

/** Runs of neighbouring pages that are alike: as nothing was ever written to, each must be one VMA. */
function runsOf(pages: Pages): number {
  const alike = (a: Page, b: Page | undefined) =>
    b !== undefined && a.protection === b.protection && a.locked === b.locked &&
    a.copied === b.copied;
  return [...pages].filter(([page, what]) => !alike(what, pages.get(page - 1))).length;
}

function compare(
  text: string,
  model: (model: Model) => unknown,
  real: (real: Real) => unknown,
): Do {
  return new Act(text, (naive, both) => {
    assertEquals(real(both), model(naive));
    both.mm.validate();
    const sorted = (pages: Pages) => [...pages].sort(([a], [b]) => a - b);
    assertEquals(sorted(pagesOf(both.mm)), sorted(naive.pages));
    assertEquals(both.mm.mapCount, runsOf(naive.pages), "VMAs that should have merged");
    assertEquals(both.mm.totalPages, naive.pages.size);
  });
}

const page = fc.integer({ min: 16, max: 63 });
const count = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
);
const range = fc.tuple(page, count);
const protection = fc.constantFrom(0, 1, 3, 5);

function name(call: string, first: number, size: number): string {
  return `${call} 0x${(first * PAGE).toString(16)}-0x${((first + size) * PAGE).toString(16)}`;
}

const COMMANDS: fc.Arbitrary<Do>[] = [
  fc.tuple(range, protection).map(([[first, size], wanted]) =>
    compare(`${name("mmap", first, size)} ${wanted}`, ({ pages }) => {
      for (let at = first; at < first + size; at++) {
        pages.set(at, { protection: wanted, locked: false, copied: true });
      }
      return first * PAGE;
    }, ({ mm }) => {
      const address = first * PAGE;
      return mm.mmap({ address, length: size * PAGE, protection: wanted, flags: FIXED });
    })
  ),
  fc.tuple(count, protection).map(([size, wanted]) =>
    new Act<Model, Real>(`mmap of ${size} pages anywhere, ${wanted}`, ({ pages }, { mm }) => {
      const length = size * PAGE;
      const first = mm.mmap({ length, protection: wanted, flags: ANYWHERE }) / PAGE;
      assert(Number.isInteger(first));
      for (let at = first; at < first + size; at++) {
        assert(!pages.has(at), `page ${at} was not free`);
        pages.set(at, { protection: wanted, locked: false, copied: true });
      }
      mm.validate();
    })
  ),
  range.map(([first, size]) =>
    compare(name("munmap", first, size), ({ pages }) => {
      for (let at = first; at < first + size; at++) pages.delete(at);
    }, ({ mm }) => mm.munmap(first * PAGE, size * PAGE))
  ),
  fc.tuple(range, protection).map(([[first, size], wanted]) =>
    compare(`${name("mprotect", first, size)} ${wanted}`, ({ pages }) => {
      const { end, hole } = upToHole(pages, first, size);
      change(pages, first, end, { protection: wanted });
      return hole ? "ENOMEM" : "ok";
    }, ({ mm }) => outcome(() => mm.mprotect(first * PAGE, size * PAGE, wanted)))
  ),
  // Locked on fault only: to lock is otherwise to write, and what was written merges by other rules.
  fc.tuple(range, fc.boolean()).map(([[first, size], locked]) =>
    compare(
      name(locked ? "mlock" : "munlock", first, size),
      ({ pages }) => {
        const { end, hole } = upToHole(pages, first, size);
        change(pages, first, end, { locked });
        return hole ? "ENOMEM" : "ok";
      },
      ({ mm }) =>
        outcome(() =>
          locked
            ? mm.mlock(first * PAGE, size * PAGE, MLOCK_ONFAULT)
            : mm.munlock(first * PAGE, size * PAGE)
        ),
    )
  ),
  fc.tuple(range, fc.boolean()).map(([[first, size], copied]) =>
    compare(
      `${name("madvise", first, size)} ${copied ? "DOFORK" : "DONTFORK"}`,
      ({ pages }) => {
        const { hole } = upToHole(pages, first, size);
        change(pages, first, first + size, { copied });
        return hole ? "ENOMEM" : "ok";
      },
      ({ mm }) =>
        outcome(() => mm.madvise(first * PAGE, size * PAGE, copied ? MADV.DOFORK : MADV.DONTFORK)),
    )
  ),
  fc.tuple(page, protection).map(([at]) =>
    new Act<Model, Real>(`find 0x${(at * PAGE).toString(16)}`, ({ pages }, { mm }) => {
      const above = [...pages.keys()].filter((other) => other >= at);
      const vma = mm.findVma(at * PAGE);
      assertEquals(vma === undefined, above.length === 0);
      if (vma === undefined) return;
      const lowest = Math.min(...above) * PAGE;
      assert(vma.start <= lowest && lowest < vma.end);
    })
  ),
];

// A fork unlocks, but joins nothing that this makes alike.
const FORK: fc.Arbitrary<Do> = fc.constant(
  compare("fork, and go on as the child", (model) => {
    const kept = [...model.pages].filter(([, { copied }]) => copied);
    model.pages = new Map(kept.map(([at, what]) => [at, { ...what, locked: false }]));
  }, (real) => {
    const parent = real.mm;
    real.mm = parent.fork();
    parent.exit();
  }),
);

/** The command, with a count of VMAs that is too high forgiven. */
function withoutCount(command: Do): Do {
  return new Act(String(command), (model, real) => {
    try {
      command.run(model, real);
    } catch (error) {
      const forgiven = error instanceof Error && error.message.includes("should have merged");
      if (!forgiven || real.mm.mapCount < runsOf(model.pages)) throw error;
    }
  });
}

/** Calls on memory that is never written. */
export const UNWRITTEN_COMMANDS: readonly fc.Arbitrary<Do>[] = COMMANDS;

/**
 * The same with writes and forks: a page that was written keeps neighbours apart that would otherwise merge, so there
 * may be more VMAs, never fewer.
 */
export const WRITTEN_COMMANDS: readonly fc.Arbitrary<Do>[] = [
  ...[...COMMANDS, FORK].map((one) => one.map(withoutCount)),
  page.map((at) =>
    new Act<Model, Real>(`write 0x${(at * PAGE).toString(16)}`, ({ pages }, { mm }) => {
      const may = ((pages.get(at)?.protection ?? 0) & 2) !== 0;
      assertEquals(outcome(() => mm.fault(at * PAGE, "write")), may ? "ok" : "EFAULT");
      mm.validate();
    })
  ),
];

/** An empty address space, and no pages. */
export function spaceSetUp(): { model: Model; real: Real } {
  return {
    model: { pages: new Map() },
    real: { mm: new AddressSpace({ mmapBase: 80 * PAGE, mmapMinAddress: PAGE }) },
  };
}
