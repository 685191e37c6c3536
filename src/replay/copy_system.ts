/**
 * A copy of everything that a replay has come to, from which it can go on any number of times.
 *
 * @module
 */

import { AddressSpace } from "../mm/address_space.ts";
import type { MemoryDescriptor } from "../mm/memory_descriptor.ts";
import { AnonVma, type Vma } from "../mm/vma.ts";
import type { TreeObserver } from "../mm/vma_tree.ts";
import type { System } from "./system.ts";

/**
 * Copies a system: its processes, their VMAs and trees, and the anon_vmas that these share. Nodes keep their ids.
 * What never changes, the open files, is shared; so is the commit ledger, as it belongs to the trace's machine.
 * O(VMAs + nodes).
 *
 * Precondition: pages are not modelled, and every tree is valid: a broken one does not come out the same.
 *
 * @param observe gives the observer of a copied or new address space's tree
 */
export function copySystem(
  system: System,
  observe?: (space: AddressSpace) => TreeObserver,
): System {
  const copies = new Copies();
  const twin = system.copy((space) => copySpace(space, copies), observe);
  copies.link();
  return twin;
}

function copySpace(space: AddressSpace, copies: Copies): AddressSpace {
  const from = space.descriptor;
  if (from.memory !== null) throw new TypeError("Cannot copy an address space that models pages");
  const copy = new AddressSpace(from);
  const to = copy.descriptor;
  copyState(from, to);
  to.tree = from.tree.duplicate(to.faultInjection, (vma) => copies.vma(vma));
  to.tree.mapCount = from.tree.mapCount;
  return copy;
}

/** What has changed since the address space was made. */
function copyState(from: MemoryDescriptor, to: MemoryDescriptor): void {
  to.mmapBase = from.mmapBase;
  to.legacyLayout = from.legacyLayout;
  to.startBrk = from.startBrk;
  to.brk = from.brk;
  to.startStack = from.startStack;
  to.defaultFlags = from.defaultFlags;
  to.denyWriteExec = from.denyWriteExec;
  to.mergesAny = from.mergesAny;
  to.readImpliesExec = from.readImpliesExec;
  to.totalPages = from.totalPages;
  to.lockedPages = from.lockedPages;
  to.dataPages = from.dataPages;
  to.executablePages = from.executablePages;
  to.stackPages = from.stackPages;
  to.committedPages = from.committedPages;
}

/** VMAs and anon_vmas by their originals. */
class Copies {
  readonly #vmas = new Map<Vma, Vma>();
  readonly #anonVmas = new Map<AnonVma, AnonVma>();

  /** The copy of a VMA, which is asked for once; on no anon_vma before {@linkcode link}. */
  vma(vma: Vma): Vma {
    const copy = vma.part(vma.start, vma.end);
    this.#vmas.set(vma, copy);
    return copy;
  }

  /** Puts every copied VMA on copies of its anon_vmas. */
  link(): void {
    for (const [vma, copy] of this.#vmas) {
      if (vma.anonVmaChain.length === 0) continue;
      copy.anonVmaChain = vma.anonVmaChain.map((anonVma) => this.#anonVma(anonVma));
      copy.anonVma = vma.anonVma && this.#anonVma(vma.anonVma);
    }
    for (const [anonVma, copy] of this.#anonVmas) {
      copy.children = anonVma.children;
      copy.activeVmas = anonVma.activeVmas;
      for (const vma of anonVma.vmas) {
        const twin = this.#vmas.get(vma);
        if (twin !== undefined) copy.vmas.add(twin);
      }
    }
  }

  /** With all that it came from. */
  #anonVma(anonVma: AnonVma): AnonVma {
    const known = this.#anonVmas.get(anonVma);
    if (known !== undefined) return known;
    const isRoot = anonVma.parent === anonVma;
    const copy = new AnonVma(isRoot ? undefined : this.#anonVma(anonVma.parent));
    this.#anonVmas.set(anonVma, copy);
    return copy;
  }
}
