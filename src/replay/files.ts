/**
 * The files of a trace as the model's open files, each identity once.
 *
 * @module
 */

import { cannot } from "../mm/error.ts";
import type { MappedFile, MappingHooks, SharedSegment } from "../mm/vma.ts";
import { VM_MAYSHARE, VM_SHARED, VM_SYNC } from "../mm/vm_flags.ts";
import type { MapLine, OpenFile } from "../trace/format.ts";

/** A file on a disk that is not persistent memory: it cannot be mapped with MAP_SYNC. */
const DISK_FILE: MappingHooks = {
  map(vma) {
    if (!(vma.flags & VM_SYNC)) return;
    throw cannot("map", vma.start, vma.end, "EOPNOTSUPP", "the file does not support MAP_SYNC");
  },
};

/** Memory that only its processes reach, and that is only shared. Mirrors `secretmem_mmap()` (Linux mm/secretmem.c). */
const SECRET: Pick<MappedFile, "hooks" | "secret" | "unsynced"> = {
  secret: true,
  unsynced: true,
  hooks: {
    map(vma) {
      if (vma.flags & (VM_SHARED | VM_MAYSHARE)) return;
      throw cannot("map", vma.start, vma.end, "EINVAL", "secret memory can only be shared");
    },
  },
};

/** What the kernel writes after the name of a file that no folder holds. */
const UNLINKED = " (deleted)";

/** Open files by their number in the trace. */
export class TraceFiles {
  readonly #byId = new Map<number, MappedFile>();
  readonly #segments = new Map<number, SharedSegment>();

  /** The System V segment that a file of the trace stands for. */
  segment(file: OpenFile): SharedSegment {
    const known = this.#segments.get(file.id);
    if (known !== undefined) return known;
    const made = { file: this.of(file), bytes: file.size, attached: 0 };
    this.#segments.set(file.id, made);
    return made;
  }

  /** The model's file for an open file of the trace. */
  of(file: OpenFile): MappedFile {
    const known = this.#byId.get(file.id);
    if (known !== undefined) return known;
    const opened: MappedFile = {
      name: file.name,
      device: file.device,
      inode: file.inode,
      readable: file.access !== "write",
      writable: file.access !== "read",
      hugeAligned: file.kind === "regular",
      executable: file.noexec !== true && file.kind !== "secretmem",
      ...(file.kind === "regular" && { hooks: DISK_FILE }),
      ...(file.kind === "secretmem" && SECRET),
      // As it was when it was first mapped.
      ...(file.kind === "shmem" && file.name.endsWith(UNLINKED) && { unlinked: true }),
      // What only the kernel has (io_uring, perf events) is written back to nothing.
      ...(file.kind === "other" && { unsynced: true }),
    };
    // A stacked file system places its mappings without regard for huge pages.
    const made = file.stacked ? { ...opened, hugeAligned: false, below: opened } : opened;
    this.#byId.set(file.id, made);
    return made;
  }
}

/**
 * The files of one layout for which no open file is known: exec maps program and interpreter from
 * one open file each, so lines of the same inode and name share it.
 */
export class LayoutFiles {
  readonly #byInode = new Map<string, MappedFile>();

  /** The file a line shows, null if it shows none. */
  of(line: MapLine): MappedFile | null {
    if (line.inode === 0) return null;
    const key = `${line.device} ${line.inode} ${line.name}`;
    const known = this.#byInode.get(key);
    if (known !== undefined) return known;
    const made: MappedFile = {
      name: line.name,
      device: line.device,
      inode: line.inode,
      readable: true,
      writable: false,
      hugeAligned: true,
    };
    this.#byInode.set(key, made);
    return made;
  }
}
