/**
 * Which open file a descriptor is: two descriptors are one only if one was duplicated from, inherited
 * or passed on as the other.
 *
 * The recorder takes a descriptor of its own to every mapped file (`pidfd_getfd`) and asks the kernel
 * whether another one is the same open file (`kcmp`). That is exact, whatever the program did with
 * `dup`, `fork`, `close` or messages in between. It keeps its descriptor only while some process maps
 * the file, which keeps the file open anyway: so locks that end with the last close end when they would.
 * Where the kernel refuses either call, descriptors with the same number and file in the same process
 * are taken for one open file.
 *
 * @module
 */
import { type Architecture, numberOf, type SystemCallName } from "../abi/syscalls.ts";
import { baseName } from "../trace/maps_line.ts";
import type { FileKind, OpenFile } from "../trace/format.ts";
import type { FileStatus, LibcCalls } from "./libc.ts";
import { deviceOfMount, parseDescriptorInfo } from "./proc.ts";

const KCMP_FILE = 0;
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
  /** Where it was first seen, for kernels without `kcmp`. */
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
    const known = this.#find(file.device, file.inode, pid, number);
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

  #find(device: string, inode: number, pid: number, number: number): Held | undefined {
    return this.#held.find((held) => {
      if (held.file.device !== device || held.file.inode !== inode) return false;
      const same = this.#compare(held, pid, number);
      return same ?? (held.pid === pid && held.number === number);
    });
  }

  /** Whether two descriptors are the same open file; nothing if the kernel does not say. */
  #compare(held: Held, pid: number, number: number): boolean | undefined {
    if (held.descriptor < 0) return undefined;
    const self = this.#libc.pid();
    const order = this.#call(
      "kcmp",
      self,
      pid,
      KCMP_FILE,
      held.descriptor,
      number,
    );
    return order < 0 ? undefined : order === 0;
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
