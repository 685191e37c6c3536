/**
 * All of an address space that a failed call must leave as it was.
 *
 * @module
 */

import type { AddressSpace } from "../../src/mm/address_space.ts";
import type { AnonVma, Vma } from "../../src/mm/vma.ts";

/** The VMAs themselves, their places in the tree, their anon_vmas, and every counter, as plain data. */
export function snapshot(mm: AddressSpace): unknown {
  const { descriptor } = mm;
  const anonVmas = new Map<AnonVma, number>();
  const vmas = new Map<Vma, number>();
  const number = <T>(map: Map<T, number>, key: T): number => {
    const known = map.get(key) ?? map.size;
    map.set(key, known);
    return known;
  };
  const entries = [...descriptor.tree.ranges()].map(({ first, last, vma }) => ({
    first,
    last,
    values: {
      ...vma,
      anonVma: null,
      links: vma.anonVmaChain.map((anonVma) => number(anonVmas, anonVma)),
    },
    own: vma.anonVma === null ? -1 : number(anonVmas, vma.anonVma),
  }));
  return {
    entries,
    anonVmas: [...anonVmas.keys()].map((anonVma) => ({
      children: anonVma.children,
      activeVmas: anonVma.activeVmas,
      vmas: [...anonVma.vmas].map((vma) => number(vmas, vma)).sort(),
    })),
    counters: {
      mapCount: mm.mapCount,
      brk: descriptor.brk,
      defaultFlags: descriptor.defaultFlags,
      total: descriptor.totalPages,
      locked: descriptor.lockedPages,
      data: descriptor.dataPages,
      executable: descriptor.executablePages,
      stack: descriptor.stackPages,
      committed: descriptor.committedPages,
      promised: descriptor.commit.pages,
    },
  };
}
