import {
  MADV,
  MAP_ANONYMOUS,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { VM_IO } from "../../../src/mm/vm_flags.ts";
import { explainMerge } from "../../../src/mm/vma/explain.ts";
import { map, mapFile, open, RW, space, touch } from "../scene.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** Two VMAs that are two, the rule that keeps them so, and what the sentence must name. */
interface Case {
  readonly obstacle: string | null;
  readonly words: string;
  readonly make: (mm: AddressSpace) => void;
}

//   0x1000   0x2000   0x3000
//   |-- a --|-- b --|              but for the first case
const CASES: readonly Case[] = [
  {
    obstacle: "not adjacent",
    words: "0x2000-0x3000 between them",
    make: (mm) => {
      map(mm, 0x1000, 0x2000);
      map(mm, 0x3000, 0x4000);
    },
  },
  {
    obstacle: "flags",
    words: "only 0x1000-0x2000 has wr ac",
    make: (mm) => {
      map(mm, 0x1000, 0x2000);
      map(mm, 0x2000, 0x3000, 1);
    },
  },
  {
    obstacle: "flags",
    words: "only 0x2000-0x3000 has dc",
    make: (mm) => {
      map(mm, 0x1000, 0x3000);
      mm.madvise(0x2000, 0x1000, MADV.DONTFORK);
    },
  },
  {
    obstacle: "special",
    words: "0x2000-0x3000 is special (io)",
    make: (mm) => {
      map(mm, 0x1000, 0x2000);
      map(mm, 0x2000, 0x3000, 1);
      mm.descriptor.tree.findVma(0x2000)!.flags |= VM_IO;
    },
  },
  {
    obstacle: "special",
    words: "0x1000-0x2000 is special (io)",
    make: (mm) => {
      map(mm, 0x1000, 0x2000, 1);
      map(mm, 0x2000, 0x3000);
      mm.descriptor.tree.findVma(0x1000)!.flags |= VM_IO;
    },
  },
  {
    obstacle: "file",
    words: "data, but through two open files: it was opened twice",
    make: (mm) => {
      mapFile(mm, 0x1000, 0x2000, open(), 0);
      mapFile(mm, 0x2000, 0x3000, open(), 0x1000);
    },
  },
  {
    obstacle: "file",
    words: "text below, data above",
    make: (mm) => {
      mapFile(mm, 0x1000, 0x2000, { ...open("text"), inode: 7 }, 0);
      mapFile(mm, 0x2000, 0x3000, open("data"), 0x1000);
    },
  },
  {
    obstacle: "file",
    words: "Only the upper one maps a file: data",
    make: (mm) => {
      map(mm, 0x1000, 0x2000, 1);
      mapFile(mm, 0x2000, 0x3000, open(), 0);
    },
  },
  {
    obstacle: "file",
    words: "Only the lower one maps a file: a file without name",
    make: (mm) => {
      mapFile(mm, 0x1000, 0x2000, open(""), 0);
      map(mm, 0x2000, 0x3000, 1);
    },
  },
  {
    obstacle: "file",
    words: "They map two files: /dev/zero (deleted) below",
    make: (mm) => {
      const flags = MAP_SHARED | MAP_ANONYMOUS | 0x10;
      mm.mmap({ address: 0x1000, length: 0x1000, protection: 1, flags });
      mm.mmap({ address: 0x2000, length: 0x1000, protection: 1, flags });
    },
  },
  {
    obstacle: "name",
    words: "no name below, arena above",
    make: (mm) => {
      map(mm, 0x1000, 0x3000);
      mm.setAnonName(0x2000, 0x1000, "arena");
    },
  },
  {
    obstacle: "page offset",
    words: "ends at page 0x1, the upper one begins at page 0x5",
    make: (mm) => {
      const file = open();
      mapFile(mm, 0x1000, 0x2000, file, 0);
      mapFile(mm, 0x2000, 0x3000, file, 0x5000);
    },
  },
  {
    obstacle: "page offset",
    words: "one of them was moved after it was written to",
    make: (mm) => {
      map(mm, 0x8000, 0x9000);
      touch(mm, 0x8000);
      mm.mremap(0x8000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x1000);
      map(mm, 0x2000, 0x3000);
    },
  },
  {
    obstacle: "anon_vma",
    words: "two anon_vmas",
    make: (mm) => {
      map(mm, 0x1000, 0x2000);
      map(mm, 0x3000, 0x4000);
      touch(mm, 0x1000);
      touch(mm, 0x3000);
      map(mm, 0x2000, 0x3000);
      mm.munmap(0x1000, 0x1000);
    },
  },
  {
    obstacle: null,
    words: "No rule keeps them apart",
    make: (mm) => {
      mm.exec({
        vmas: [
          { start: 0x1000, end: 0x2000, flags: 0x71, pageOffset: 1 },
          { start: 0x2000, end: 0x3000, flags: 0x71, pageOffset: 2 },
        ],
        startBrk: 0,
        startStack: 0,
        mmapBase: 0x7fff_0000_0000,
      });
    },
  },
];

for (const { obstacle, words, make } of CASES) {
  Deno.test(`explainMerge: ${obstacle ?? "no rule"}, because ${words}`, () => {
    const mm = space();
    make(mm);
    const [lower, upper] = [...mm.vmas()];
    const explanation = explainMerge(lower!, upper!);
    assertEquals(explanation.obstacle, obstacle);
    assertStringIncludes(explanation.words, words);
    assertEquals(explainMerge(upper!, lower!), explanation);
  });
}

Deno.test("explainMerge: what a fork left with two anon_vmas takes in nothing untouched", () => {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  const mm = parent.fork();
  map(mm, 0x2000, 0x3000);
  const [lower, upper] = [...mm.vmas()];
  const explanation = explainMerge(lower!, upper!);
  assertEquals(explanation.obstacle, "forked");
  assertStringIncludes(explanation.words, "0x1000-0x2000 has 2 anon_vmas from a fork");
});

Deno.test("explainMerge: a close hook keeps what would otherwise be one", () => {
  const mm = space();
  const file = open("device", { hooks: { close() {} } });
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapFile(mm, 0x3000, 0x4000, file, 0x2000);
  mapFile(mm, 0x2000, 0x3000, file, 0x1000);
  const [lower, upper] = [...mm.vmas()];
  const explanation = explainMerge(lower!, upper!);
  assertEquals(explanation.obstacle, "close hook");
  assertStringIncludes(explanation.words, "device has a close hook");
});

//   |-- rw --|-- r --|-- rw --|   hole   |-- rw --|
Deno.test("headroom: VMAs left, and the rules that keep touching neighbours apart", () => {
  const mm = space({ maxMapCount: 10 });
  map(mm, 0x1000, 0x4000);
  mm.mprotect(0x2000, 0x1000, 1);
  map(mm, 0x6000, 0x7000);
  mapFile(mm, 0x7000, 0x8000, open(), 0, 3);
  assertEquals(mm.headroom(), {
    used: 5,
    limit: 10,
    left: 5,
    borders: [{ obstacle: "flags", count: 2 }, { obstacle: "file", count: 1 }],
  });
});

Deno.test("explainMerge: what came from a fork takes in nothing unwritten below it either", () => {
  const parent = space();
  map(parent, 0x2000, 0x3000);
  touch(parent, 0x2000);
  const mm = parent.fork();
  map(mm, 0x1000, 0x2000);
  const [lower, upper] = [...mm.vmas()];
  const explanation = explainMerge(lower!, upper!);
  assertEquals(explanation.obstacle, "forked");
  assertStringIncludes(explanation.words, "0x2000-0x3000 has 2 anon_vmas from a fork");
});

/** What is said of the two VMAs there are. */
function words(make: (mm: AddressSpace) => void): string {
  const mm = space();
  make(mm);
  const [lower, upper] = [...mm.vmas()];
  return explainMerge(lower!, upper!).words;
}

Deno.test("explainMerge: names the flags of that one of the two that has them", () => {
  const pair = (lower: number, upper: number) => (mm: AddressSpace) => {
    map(mm, 0x1000, 0x2000, lower);
    map(mm, 0x2000, 0x3000, upper);
  };
  assertEquals(words(pair(PROT_READ, 0)), "They differ in flags: only 0x1000-0x2000 has rd");
  assertEquals(words(pair(0, PROT_READ)), "They differ in flags: only 0x2000-0x3000 has rd");
  assertEquals(
    words(pair(PROT_READ, RW)),
    "They differ in flags: only 0x2000-0x3000 has wr ac",
  );
});

const PAGE = 0x1000;

Deno.test("explainMerge: the offsets of a file say nothing of a move", () => {
  const said = words((mm) => {
    const file = open();
    mapFile(mm, 0x1000, 0x2000, file, 0);
    mapFile(mm, 0x2000, 0x3000, file, 5 * PAGE);
  });
  assertEquals(
    said,
    "Their page offsets do not continue: the lower one ends at page 0x1, the upper one begins at page 0x5",
  );
});

//   |- file -|- r -|- rw -|- r -|     three may be made, and as in the kernel one more is let through
Deno.test("headroom: the most frequent rule first; never fewer than none left", () => {
  const mm = space({ maxMapCount: 3 });
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  map(mm, 0x2000, 0x3000, PROT_READ);
  map(mm, 0x3000, 0x4000);
  map(mm, 0x4000, 0x5000, PROT_READ);
  assertEquals(mm.headroom(), {
    used: 4,
    limit: 3,
    left: 0,
    borders: [{ obstacle: "flags", count: 2 }, { obstacle: "file", count: 1 }],
  });
  mm.munmap(0x1000, PAGE);
  assertEquals(mm.headroom().left, 0);
});
