/**
 * The C library through Deno's foreign function interface: the few calls the recorder needs, with
 * numbers and bytes in, numbers and bytes out.
 *
 * Everything that touches the system goes through here, `/proc` too: so the recorder needs no
 * permission but `--allow-ffi` (Deno asks for `--allow-all` to read `/proc` by its own means).
 *
 * @module
 */

import { ERRNO } from "../abi/errno.ts";
import { MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_PRIVATE, PROT_NONE } from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";

const SYMBOLS = {
  posix_spawn: {
    parameters: ["buffer", "buffer", "pointer", "buffer", "buffer", "pointer"],
    result: "i32",
  },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  environ: { type: "pointer" },
  getenv: { parameters: ["buffer"], result: "pointer" },
  access: { parameters: ["buffer", "i32"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  ptrace: { parameters: ["i32", "i32", "usize", "usize"], result: "i32" },
  ptraceBuffer: { name: "ptrace", parameters: ["i32", "i32", "usize", "buffer"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  getpid: { parameters: [], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32" },
  uname: { parameters: ["buffer"], result: "i32" },
  gettid: { parameters: [], result: "i32" },
  abs: { type: "pointer" },
  sigaction: { parameters: ["i32", "buffer", "pointer"], result: "i32" },
  timer_create: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  timer_settime: { parameters: ["usize", "i32", "buffer", "pointer"], result: "i32" },
  timer_delete: { parameters: ["usize"], result: "i32" },
  sched_yield: { parameters: [], result: "i32" },
  mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "isize" },
  munmap: { parameters: ["isize", "usize"], result: "i32" },
  syscall: { parameters: ["usize", "usize", "usize", "usize", "usize", "usize"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** A failed call of the C library. */
export class LibcError extends Error {
  /** Shown where an error is printed whole. */
  override name = "LibcError";
  /** The errno. */
  readonly errno: number;

  /**
   * Made from the errno of the call that has just failed.
   *
   * @param call the function's name
   * @param errno what it left in `errno`
   */
  constructor(call: string, errno: number) {
    super(`${call} failed with errno ${errno}`);
    this.errno = errno;
  }
}

const O_CLOEXEC = 0x80000;
const CLOCK_MONOTONIC = 1, SIGEV_THREAD_ID = 4;
const TICK_SIGNAL = 41;
const EMPTY_PATH = 0x1000; // AT_EMPTY_PATH
/** AT_FDCWD: a path is relative to the working directory. */
const WORKING_DIRECTORY = -100;
const BASIC_STATS = 0x7ff; // STATX_BASIC_STATS

/** What `statx` tells of an open descriptor. */
export interface FileStatus {
  /** File type bits of the mode, `S_IFMT`. */
  readonly type: number;
  /** Bytes. */
  readonly size: number;
  /** Inode number. */
  readonly inode: number;
  /** `major:minor` in hexadecimal, as `/proc/PID/maps` prints it. */
  readonly device: string;
}

/** The C library, opened once. */
export class Libc {
  readonly #symbols = Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  readonly #errno = this.#symbols.__errno_location();
  readonly #decoder = new TextDecoder();
  readonly #word = new BigUint64Array(1);
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16);

  /** The errno that the last failed call left. */
  errno(): number {
    return this.#errno === null ? 0 : new Deno.UnsafePointerView(this.#errno).getInt32();
  }

  /** This process. */
  pid(): number {
    return this.#symbols.getpid();
  }

  /** A variable of the environment, as the process was started with it. */
  environment(name: string): string | undefined {
    const pointer = this.#symbols.getenv(cString(name));
    return pointer === null ? undefined : new Deno.UnsafePointerView(pointer).getCString();
  }

  /** True if this process may execute the file. */
  isExecutable(path: string): boolean {
    const status = this.status(path);
    const regular = status !== undefined && (status.type & 0xf000) === 0x8000;
    return regular && this.#symbols.access(cString(path), 1) === 0;
  }

  /**
   * Starts a program with this process's environment and descriptors 0 to 2, no signal blocked and
   * SIGPIPE, which the runtime ignores, at its default.
   *
   * @returns the process id
   * @throws {LibcError} it cannot be started
   */
  spawn(path: string, args: readonly string[]): number {
    const strings = args.map(cString);
    const argv = new BigUint64Array(strings.length + 1);
    strings.forEach((bytes, i) => argv[i] = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
    const attributes = new Uint8Array(512); // posix_spawnattr_t is 336 bytes
    const signals = new Uint8Array(128); // sigset_t
    this.#symbols.posix_spawnattr_init(attributes);
    this.#symbols.posix_spawnattr_setsigmask(attributes, signals);
    signals[1] = 1 << 4; // SIGPIPE, 13
    this.#symbols.posix_spawnattr_setsigdefault(attributes, signals);
    this.#symbols.posix_spawnattr_setflags(attributes, 0x04 | 0x08); // SETSIGDEF | SETSIGMASK
    const pid = new Int32Array(1);
    const errno = this.#symbols.posix_spawn(
      pid,
      cString(path),
      null,
      attributes,
      argv,
      this.#environment(),
    );
    if (errno !== 0) throw new LibcError("posix_spawn", errno);
    return pid[0]!;
  }

  /**
   * `waitpid`, which returns at once if `WNOHANG` is among the options. Without, it holds up the whole thread: only
   * between {@linkcode startTicks} and its end.
   */
  wait(pid: number, status: Int32Array<ArrayBuffer>, options: number): number {
    return this.#symbols.waitpid(pid, status, options);
  }

  /**
   * Interrupts what this thread waits for at regular times: a wait then ends with EINTR, and the thread can turn to
   * something else. Calls that are not waits are not harmed.
   *
   * The signal is a real-time one that nobody else uses; its handler is a function of the library that does nothing.
   *
   * @returns ends it
   * @throws {LibcError} the system has no timer
   */
  startTicks(intervalMs: number): () => void {
    const action = new BigUint64Array(19); // struct sigaction: handler, mask, flags, restorer
    action[0] = BigInt(Deno.UnsafePointer.value(this.#symbols.abs));
    const event = new Int32Array(16); // struct sigevent: value, signal, kind, thread
    event[2] = TICK_SIGNAL;
    event[3] = SIGEV_THREAD_ID;
    event[4] = this.#symbols.gettid();
    const timer = new BigUint64Array(1);
    this.#symbols.sigaction(TICK_SIGNAL, action, null);
    if (this.#symbols.timer_create(CLOCK_MONOTONIC, event, timer) !== 0) {
      throw new LibcError("timer_create", this.errno());
    }
    const nanoseconds = BigInt(intervalMs * 1_000_000);
    const times = new BigInt64Array([0n, nanoseconds, 0n, nanoseconds]); // struct itimerspec
    this.#symbols.timer_settime(timer[0]!, 0, times, null);
    return () => this.#symbols.timer_delete(timer[0]!);
  }

  /** Lets another process run. */
  yield(): void {
    this.#symbols.sched_yield();
  }

  /** Sends a signal; a process that is gone is no error. */
  kill(pid: number, signal: number): void {
    this.#symbols.kill(pid, signal);
  }

  /** `ptrace` with numbers; -1 if it failed. */
  ptrace(request: number, pid: number, address: number, data: number | bigint): number {
    return this.#symbols.ptrace(request, pid, BigInt(address), BigInt(data));
  }

  /** `ptrace` that fills or reads a buffer; -1 if it failed. */
  ptraceBuffer(
    request: number,
    pid: number,
    address: number,
    buffer: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
  ): number {
    return this.#symbols.ptraceBuffer(request, pid, BigInt(address), buffer);
  }

  /** True if a page may lie at an address: one is mapped there for a moment, unless something lies there already. */
  mayMap(address: number): boolean {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    const page = this.#symbols.mmap(BigInt(address), BigInt(PAGE_SIZE), PROT_NONE, flags, -1, 0n);
    if (page === -1n) return this.errno() === ERRNO.EEXIST;
    this.#symbols.munmap(page, BigInt(PAGE_SIZE));
    return page === BigInt(address);
  }

  /** A system call by number, for those that the library has no function for. -1 if it failed. */
  syscall(number: number, ...args: readonly number[]): number {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
    return this.#symbols.syscall(
      BigInt(number),
      BigInt(a),
      BigInt(b),
      BigInt(c),
      BigInt(d),
      BigInt(e),
    );
  }

  /** Opens a file for reading; -1 if it cannot. */
  open(path: string): number {
    return this.#symbols.open(cString(path), O_CLOEXEC);
  }

  /** Closes a descriptor. */
  close(descriptor: number): void {
    this.#symbols.close(descriptor);
  }

  /** The whole text of a file, or nothing if it cannot be read: a process that is gone, for instance. */
  readText(path: string): string | undefined {
    const descriptor = this.open(path);
    if (descriptor < 0) return undefined;
    const length = this.#readAll(descriptor);
    this.close(descriptor);
    if (length < 0) return undefined;
    return this.#decoder.decode(this.#buffer.subarray(0, length));
  }

  /** `ioctl` with a structure; -1 if it failed. */
  ioctl(descriptor: number, request: number, structure: Uint32Array<ArrayBuffer>): number {
    return this.#symbols.ioctl(descriptor, request, structure);
  }

  /** All of an open file from its start, or nothing if it cannot be read; good until the next reading. */
  readBytes(descriptor: number): Uint8Array<ArrayBuffer> | undefined {
    const length = this.#readAll(descriptor);
    return length < 0 ? undefined : this.#buffer.subarray(0, length);
  }

  /** The start of an open file, up to `buffer.length` bytes, in one piece; how many there were, or -1. */
  readStart(descriptor: number, buffer: Uint8Array<ArrayBuffer>): number {
    return this.#symbols.pread(descriptor, buffer, BigInt(buffer.length), 0n);
  }

  /** Where a symbolic link points, or nothing. */
  readLink(path: string): string | undefined {
    const length = this.#symbols.readlink(cString(path), this.#buffer, 4096n);
    return length < 0 ? undefined : this.#decoder.decode(this.#buffer.subarray(0, length));
  }

  /** Eight bytes of a process's memory, or nothing if they cannot be read. */
  readWord(pid: number, address: number): bigint | undefined {
    const descriptor = this.open(`/proc/${pid}/mem`);
    const length = this.#symbols.pread(descriptor, this.#word, 8n, BigInt(address));
    this.close(descriptor);
    return length === 8 ? this.#word[0] : undefined;
  }

  /** Several times eight bytes, or nothing if not all of them can be read. */
  readWords(pid: number, address: number, count: number): BigUint64Array | undefined {
    const words = new BigUint64Array(count);
    const descriptor = this.open(`/proc/${pid}/mem`);
    const length = this.#symbols.pread(descriptor, words, BigInt(8 * count), BigInt(address));
    this.close(descriptor);
    return length === 8 * count ? words : undefined;
  }

  /** A text in a process's memory, up to its zero byte and at most 255 bytes; nothing if there is none. */
  readString(pid: number, address: number): string | undefined {
    const descriptor = this.open(`/proc/${pid}/mem`);
    const length = this.#symbols.pread(descriptor, this.#buffer, 255n, BigInt(address));
    this.close(descriptor);
    if (length <= 0) return undefined;
    const read = this.#buffer.subarray(0, length);
    const end = read.indexOf(0);
    return this.#decoder.decode(end < 0 ? read : read.subarray(0, end));
  }

  /** The file at a path, or that of an open descriptor; nothing if there is none. */
  status(file: string | number): FileStatus | undefined {
    const data = new Uint8Array(256); // struct statx
    const path = typeof file === "string" ? file : "";
    const descriptor = typeof file === "string" ? WORKING_DIRECTORY : file;
    const flags = typeof file === "string" ? 0 : EMPTY_PATH;
    if (this.#symbols.statx(descriptor, cString(path), flags, BASIC_STATS, data) !== 0) {
      return undefined;
    }
    const view = new DataView(data.buffer);
    return {
      type: view.getUint16(28, true) & 0xf000,
      inode: Number(view.getBigUint64(32, true)),
      size: Number(view.getBigUint64(40, true)),
      device: deviceName(view.getUint32(136, true), view.getUint32(140, true)),
    };
  }

  /** The file system that an open descriptor lies on: its magic number, and the flags of its mount. */
  fileSystem(descriptor: number): { readonly magic: number; readonly flags: number } {
    const data = new Uint8Array(128); // struct statfs
    this.#symbols.fstatfs(descriptor, data);
    const view = new DataView(data.buffer);
    return { magic: view.getUint32(0, true), flags: view.getUint32(80, true) };
  }

  /** Kernel release and machine, as `uname` prints them. */
  uname(): { release: string; machine: string } {
    const data = new Uint8Array(6 * 65); // struct utsname: sysname, nodename, release, version, machine
    this.#symbols.uname(data);
    const field = (index: number) => {
      const bytes = data.subarray(index * 65, (index + 1) * 65);
      return this.#decoder.decode(bytes.subarray(0, bytes.indexOf(0)));
    };
    return { release: field(2), machine: field(4) };
  }

  /** The value of the variable `environ`; Deno gives its address. */
  #environment(): Deno.PointerValue {
    const address = this.#symbols.environ;
    return address === null ? null : new Deno.UnsafePointerView(address).getPointer();
  }

  /** Fills the buffer with all of a file; the number of bytes, or -1. */
  #readAll(descriptor: number): number {
    let length = 0;
    for (;;) {
      if (length === this.#buffer.length) {
        const larger = new Uint8Array(length * 2);
        larger.set(this.#buffer);
        this.#buffer = larger;
      }
      const room = this.#buffer.subarray(length);
      const read = this.#symbols.pread(descriptor, room, BigInt(room.length), BigInt(length));
      if (read < 0) return -1;
      if (read === 0) return length;
      length += read;
    }
  }
}

/** What of the C library the recorder calls: tests answer in its place. */
export type LibcCalls = Pick<Libc, keyof Libc>;

/** `major:minor` in hexadecimal, at least two digits each. */
export function deviceName(major: number, minor: number): string {
  return `${major.toString(16).padStart(2, "0")}:${minor.toString(16).padStart(2, "0")}`;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
