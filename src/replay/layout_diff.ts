/**
 * The model's layout against the one the kernel showed.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { fileOffset, visibleFlags, vmaName, vmFlagsText } from "../mm/vma/proc_maps.ts";
import type { MemoryDescriptor } from "../mm/memory_descriptor.ts";
import type { MappedFile, Vma } from "../mm/vma.ts";
import { formatPermissions, type ReadVmFlags, VM_MAYBE_GUARD } from "../mm/vm_flags.ts";
import type { MapLine } from "../trace/format.ts";
import { lineFrom } from "../trace/recorded_layouts.ts";
import { lineFlags } from "./image.ts";

/** Where two layouts first differ. */
export interface Difference {
  /** Position of the first VMA that differs. */
  readonly position: number;
  /** What differs, in words. */
  readonly what: string;
}

/**
 * Compares layouts of one trace. It remembers which inode stands for a file that the model made
 * itself.
 */
export class LayoutComparison {
  readonly #inodes = new Map<MappedFile, string>();
  readonly #flags = new Map<string, ReadVmFlags>();
  readonly #others = new Set<string>();

  /** The first difference, undefined if there is none. */
  first(space: AddressSpace, recorded: readonly MapLine[]): Difference | undefined {
    const mm = space.descriptor;
    let position = 0;
    for (const vma of mm.tree.vmas()) {
      const line = recorded[position];
      const what = line === undefined
        ? "the model has a VMA more than the kernel"
        : this.#compare(mm, vma, line);
      if (what !== undefined) return { position, what };
      position++;
    }
    if (position < recorded.length) {
      return { position, what: "the kernel has a VMA more than the model" };
    }
    if (space.mapCount === position) return undefined;
    return { position: 0, what: `mapCount is ${space.mapCount}, the walk met ${position}` };
  }

  /**
   * Whether what lies in a range, and what touches it, is the same in both. O(log n + VMAs in the range).
   *
   * @param first first byte
   * @param last last byte
   */
  agrees(space: AddressSpace, recorded: readonly MapLine[], first: number, last: number): boolean {
    const mm = space.descriptor;
    let at = lineFrom(recorded, first);
    if (at > 0 && recorded[at - 1]!.end >= first) at--;
    let vma = mm.tree.findVma(Math.max(0, first - 1));
    while (vma !== undefined && vma.start <= last + 1) {
      const line = recorded[at++];
      if (line === undefined || this.#compare(mm, vma, line) !== undefined) return false;
      vma = mm.tree.after(vma.start);
    }
    const next = recorded[at];
    return next === undefined || next.start > last + 1;
  }

  /** True if a VMA of the model is what a line shows. */
  isAlike(space: AddressSpace, vma: Vma, line: MapLine): boolean {
    return this.#compare(space.descriptor, vma, line) === undefined;
  }

  #compare(mm: MemoryDescriptor, vma: Vma, line: MapLine): string | undefined {
    if (vma.start !== line.start || vma.end !== line.end) return "the range differs";
    if (formatPermissions(vma.flags) !== line.permissions) return "the permissions differ";
    if (fileOffset(vma) !== line.offset) return "the offset differs";
    if (line.vmFlags !== undefined && !this.#sameFlags(mm, vma, line, line.vmFlags)) {
      return `VmFlags differ: ${vmFlagsText(mm, vma)} in the model, ${line.vmFlags} in the kernel`;
    }
    if (plainName(vmaName(mm, vma)) !== plainName(line.name)) return "the name differs";
    if (!this.#sameInode(vma.file, line)) return "the file differs";
    // Guard pages decide whether a call faulted pages in; if it did, a record of its own tells of it.
    const mayBeLate = (vma.flags & VM_MAYBE_GUARD) !== 0;
    if (line.written && vma.anonVma === null && !mayBeLate) {
      return "only the kernel has an anon_vma";
    }
    return undefined;
  }

  /**
   * Flags that the model does not act upon come and go by calls that no trace has (userfaultfd's ioctls, a newer
   * kernel's): those that the kernel shows are taken over, so that what they keep apart stays apart.
   */
  #sameFlags(mm: MemoryDescriptor, vma: Vma, line: MapLine, text: string): boolean {
    let shown = this.#flags.get(text);
    if (shown === undefined) this.#flags.set(text, shown = lineFlags(line, mm.rules));
    if (visibleFlags(mm, vma) !== shown.flags) return false;
    if (vma.otherFlags === shown.others) return true;
    this.carry(shown.others);
    vma.otherFlags = shown.others;
    return true;
  }

  /** Notes flags that the model only carries along: those that a program begins with, for instance. */
  carry(others: string): void {
    for (const letters of others.split(" ")) if (letters !== "") this.#others.add(letters);
  }

  /** Flags that the kernel showed and the model only carries along. */
  get otherFlags(): readonly string[] {
    return [...this.#others];
  }

  /** Shared anonymous memory gets its inode from the kernel: the first one recorded must stay. */
  #sameInode(file: MappedFile | null, line: MapLine): boolean {
    if (file === null) return line.inode === 0;
    if (file.inode !== 0) return file.inode === line.inode && file.device === line.device;
    const recorded = `${line.device} ${line.inode}`;
    const known = this.#inodes.get(file);
    if (known === undefined) this.#inodes.set(file, recorded);
    return known === undefined || known === recorded;
  }
}

/** The base name, without the mark of a file that was deleted meanwhile. */
function plainName(name: string): string {
  const whole = name.endsWith(" (deleted)") ? name.slice(0, -" (deleted)".length) : name;
  return whole.slice(whole.lastIndexOf("/") + 1);
}
