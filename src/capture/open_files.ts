/**
 * Which open file a descriptor is: two descriptors are one only if one was duplicated from, inherited
 * or passed on as the other.
 *
 * The recorder takes a descriptor of its own to every mapped file (`pidfd_getfd`) and asks the kernel
 * whether another one is the same open file: by `kcmp`, and where a kernel was built without it by
 * `F_DUPFD_QUERY`, which is of Linux 6.10. That is exact, whatever the program did with `dup`, `fork`,
 * `close` or messages in between. It keeps its descriptor only while some process maps the file, which
 * keeps the file open anyway: so locks that end with the last close end when they would. Where the
 * kernel answers neither, descriptors with the same number and file in the same process are taken for
 * one open file.
 *
 * @module
 */
import { type Architecture, numberOf, type SystemCallName } from "../abi/syscalls.ts";
import { baseName } from "../trace/maps_line.ts";
import type { FileKind, OpenFile } from "../trace/format.ts";
import type { FileStatus, LibcCalls } from "./libc.ts";
import { deviceOfMount, parseDescriptorInfo } from "./proc.ts";

const KCMP_FILE = 0;
/** Linux include/uapi/linux/fcntl.h. */
const F_DUPFD_QUERY = 1027;
const S_IFCHR = 0x2000, S_IFBLK = 0x6000, S_IFREG = 0x8000;
/** File systems by their magic numbers: Linux include/uapi/linux/magic.h. */
const KINDS: ReadonlyMap<number, FileKind> = new Map([
  [0x01021994, "shmem"],
  [0x958458f6, "hugetlb"],
  [0x5345434d, "secretmem"],
]);
/** The file system that containers have: its files are mapped as those of the one below. */
const OVERLAY = 0x794c7630;
/** Flag of a mount on which nothing can be executed: statfs(2). */
const ST_NOEXEC = 8;
const O_ACCMODE = 3, O_PATH = 0o10000000;

/** An open file and the recorder's own descriptor to it. */
interface Held {
  readonly file: OpenFile;
  /** -1 if the kernel would not give one. */
  readonly descriptor: number;
  /** Where it was first seen, for kernels that do not tell. */
  readonly pid: number;
  readonly number: number;
}

/** The open files of one recording. */
export class OpenFiles {
  readonly #libc: LibcCalls;
  readonly #machine: Architecture;
  readonly #devices = new Map<number, string>();
  readonly #segments = new Map<number, OpenFile>();
  #held: Held[] = [];
  #nextId = 1;

  /**
   * Starts without any file.
   *
   * @param libc the library to call
   * @param machine whose numbers calls have that the C library has no function for
   */
  constructor(libc: LibcCalls, machine: Architecture) {
    this.#libc = libc;
    this.#machine = machine;
  }

  /**
   * The open file that a process's descriptor stands for, or nothing if it is not open.
   *
   * @param pid the process, a thread group's leader
   * @param number the descriptor
   */
  identify(pid: number, number: number): OpenFile | undefined {
    const text = this.#libc.readText(`/proc/${pid}/fdinfo/${number}`);
    const descriptor = this.#duplicate(pid, number);
    const path = `/proc/${pid}/fd/${number}`;
    const status = this.#libc.status(descriptor < 0 ? path : descriptor);
    if (text === undefined || status === undefined) {
      if (descriptor >= 0) this.#libc.close(descriptor);
      return undefined;
    }
    const info = parseDescriptorInfo(text);
    if ((info.flags & O_PATH) !== 0) { // it stands for a place, and is no open file to any call that maps
      if (descriptor >= 0) this.#libc.close(descriptor);
      return undefined;
    }
    const { magic, flags } = descriptor < 0
      ? { magic: 0, flags: 0 }
      : this.#libc.fileSystem(descriptor);
    const file = {
      device: this.#device(pid, info.mount) ?? status.device,
      inode: info.inode ?? status.inode,
      name: baseName(this.#libc.readLink(path) ?? ""),
      size: status.size,
      access: accessOf(info.flags),
      kind: this.#kind(status, magic),
      ...((flags & ST_NOEXEC) !== 0 && { noexec: true }),
      ...(magic === OVERLAY && { stacked: true }),
    };
    const known = this.#held.find((held) =>
      held.file.device === file.device && held.file.inode === file.inode &&
      (this.#compare(held, pid, number, descriptor) ??
        (held.pid === pid && held.number === number))
    );
    if (known === undefined) {
      const held = { file: { id: this.#nextId++, ...file }, descriptor, pid, number };
      this.#held.push(held);
      return held.file;
    }
    if (descriptor >= 0) this.#libc.close(descriptor);
    return { ...file, id: known.file.id };
  }

  /** True if a process's descriptor is one of a userfaultfd. */
  isUserfault(pid: number, number: number): boolean {
    return this.#libc.readLink(`/proc/${pid}/fd/${number | 0}`) === "anon_inode:[userfaultfd]";
  }

  /** The shared memory segment that `shmat` attached, by what the layout shows of it. */
  segment(identifier: number, file: Omit<OpenFile, "id">): OpenFile {
    const known = this.#segments.get(identifier);
    if (known !== undefined) return { ...file, id: known.id };
    const segment = { ...file, id: this.#nextId++ };
    this.#segments.set(identifier, segment);
    return segment;
  }

  /** Closes the recorder's descriptors to files that are not in use any more. */
  keepOnly(isUsed: (file: OpenFile) => boolean): void {
    this.#held = this.#held.filter(({ file, descriptor }) => {
      const used = isUsed(file);
      if (!used && descriptor >= 0) this.#libc.close(descriptor);
      return used;
    });
  }

  /**
   * Whether a process's descriptor is the same open file as a held one; nothing if the kernel does not say.
   *
   * @param descriptor the recorder's own of the process's, or -1
   */
  #compare(
    held: Held,
    pid: number,
    number: number,
    descriptor: number,
  ): boolean | undefined {
    if (held.descriptor < 0) return undefined;
    const self = this.#libc.pid();
    const order = this.#call("kcmp", self, pid, KCMP_FILE, held.descriptor, number);
    if (order >= 0) return order === 0;
    if (descriptor < 0) return undefined;
    const isSame = this.#call("fcntl", held.descriptor, F_DUPFD_QUERY, descriptor);
    return isSame < 0 ? undefined : isSame === 1;
  }

  #call(name: SystemCallName, ...args: readonly number[]): number {
    return this.#libc.syscall(numberOf(name, this.#machine) ?? -1, ...args);
  }

  /** A descriptor of the recorder's own to a process's open file, or -1. */
  #duplicate(pid: number, number: number): number {
    const process = this.#call("pidfd_open", pid, 0);
    if (process < 0) return -1;
    const descriptor = this.#call("pidfd_getfd", process, number, 0);
    this.#libc.close(process);
    return descriptor;
  }

  /**
   * The device as the layout shows it: that of the mount, which is not always what `stat` says (btrfs,
   * overlays). Kernel-internal mounts are not listed.
   */
  #device(pid: number, mount: number): string | undefined {
    const known = this.#devices.get(mount);
    if (known !== undefined) return known;
    const found = deviceOfMount(this.#libc.readText(`/proc/${pid}/mountinfo`) ?? "", mount);
    if (found !== undefined) this.#devices.set(mount, found);
    return found;
  }

  #kind(status: FileStatus, magic: number): FileKind {
    if (status.type === S_IFCHR || status.type === S_IFBLK) return "device";
    if (status.type !== S_IFREG) return "other";
    return KINDS.get(magic) ?? "regular";
  }
}

function accessOf(flags: number): OpenFile["access"] {
  const mode = flags & O_ACCMODE;
  if (mode === 0) return "read";
  return mode === 1 ? "write" : "read-write";
}
