/**
 * Which file a descriptor is, as far as a text tells: what `-y` shows of it, or else what the last open of that number
 * named.
 *
 * @module
 */

import type { FileKind, OpenFile } from "../../trace/format.ts";
import { baseName } from "../../trace/maps_line.ts";
import type { Result } from "../calls/event.ts";
import { numberOf, readValue } from "../calls/values.ts";

/** An open that a text shows. */
interface Opened {
  readonly path: string;
  readonly file: OpenFile;
}

/** The files of a whole text, each open file once. */
export class Files {
  readonly #byPath = new Map<string, OpenFile>();
  #last = 0;

  /** A file that was opened now. */
  open(path: string, access: OpenFile["access"]): OpenFile {
    const id = ++this.#last;
    const kind = kindOf(path);
    const inode = kind === "shmem" && path.startsWith("/SYSV") ? 0 : id;
    return { id, device: "00:00", inode, name: baseName(path), size: 0, access, kind };
  }

  /** The one open file of a path of which the text shows no open. */
  ofPath(path: string): OpenFile {
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    const made = this.open(path, "read-write");
    this.#byPath.set(path, made);
    return made;
  }
}

/** The descriptors of one process. */
export class Descriptors {
  readonly #files: Files;
  readonly #open: Map<number, Opened>;

  /** No descriptor is known. */
  constructor(files: Files, open: Map<number, Opened> = new Map()) {
    this.#files = files;
    this.#open = open;
  }

  /** The child's after a fork. */
  copy(): Descriptors {
    return new Descriptors(this.#files, new Map(this.#open));
  }

  /**
   * The file behind a descriptor.
   *
   * @param descriptor undefined if the text does not show it, as some versions of ltrace do not
   * @param path what the text shows of it
   */
  file(descriptor: number | undefined, path: string | undefined): OpenFile {
    if (descriptor === undefined) return this.#files.ofPath(path ?? "a file");
    const known = this.#open.get(descriptor);
    if (known !== undefined && (path === undefined || isSamePath(known.path, path))) {
      return known.file;
    }
    return this.#files.ofPath(path ?? `descriptor ${descriptor}`);
  }

  /** Takes a call that opens, closes or copies descriptors and has succeeded. */
  apply(call: string, args: readonly string[], result: Result): void {
    switch (call) {
      case "open":
      case "creat":
        return this.#opened(result, textOf(args[0]), call === "creat" ? "O_WRONLY" : args[1]);
      case "openat":
      case "openat2":
        return this.#opened(result, textOf(args[1]), args[2]);
      case "memfd_create":
        return this.#opened(result, `/memfd:${textOf(args[0]) ?? ""}`, "O_RDWR");
      case "socket":
      case "eventfd2":
      case "epoll_create1":
      case "timerfd_create":
      case "signalfd4":
      case "perf_event_open":
      case "io_uring_setup":
      case "userfaultfd":
        return this.#opened(result, `anon_inode:[${call}]`, "O_RDWR");
      case "dup":
      case "dup2":
      case "dup3":
        return this.#copied(numberOf(args[0] ?? ""), result.value);
      case "fcntl":
      case "fcntl64":
        if (/^F_DUPFD/.test(args[1] ?? "")) this.#copied(numberOf(args[0] ?? ""), result.value);
        return;
      case "close":
        this.#open.delete(readValue(args[0] ?? "").value);
        return;
      case "close_range":
        return this.#closeRange(numberOf(args[0] ?? ""), numberOf(args[1] ?? ""));
    }
  }

  #opened(result: Result, path: string | undefined, flags: string | undefined): void {
    const name = path === undefined || path === "" ? result.path : path;
    if (name === undefined) return;
    const access = /O_RDWR/.test(flags ?? "")
      ? "read-write"
      : /O_WRONLY/.test(flags ?? "")
      ? "write"
      : /O_RDONLY/.test(flags ?? "")
      ? "read"
      : "read-write";
    this.#open.set(result.value, {
      path: result.path ?? name,
      file: this.#files.open(name, access),
    });
  }

  #copied(from: number, to: number): void {
    const opened = this.#open.get(from);
    if (opened === undefined) this.#open.delete(to);
    else this.#open.set(to, opened);
  }

  #closeRange(first: number, last: number): void {
    const end = last < 0 ? Infinity : last;
    for (const descriptor of [...this.#open.keys()]) {
      if (descriptor >= first && descriptor <= end) this.#open.delete(descriptor);
    }
  }
}

/** `-y` shows paths resolved, and some tools only their end. */
function isSamePath(opened: string, shown: string): boolean {
  const plain = shown.replace(/ ?\(deleted\)$/, "").replace(/<.*$/, "");
  return opened === plain || baseName(opened) === baseName(plain) || opened.endsWith(`/${plain}`);
}

function kindOf(path: string): FileKind {
  if (/^(?:\/memfd:|\/dev\/shm\/|\/SYSV|\/run\/shm\/)/.test(path)) return "shmem";
  if (path.startsWith("/dev/hugepages") || path.startsWith("/anon_hugepage")) return "hugetlb";
  if (path.startsWith("/dev/")) return "device";
  return /^(?:\/|\.|descriptor |[\w.])/.test(path) && !/^(?:socket|pipe|anon_inode):/.test(path)
    ? "regular"
    : "other";
}

/** What stands in quotes. */
function textOf(arg: string | undefined): string | undefined {
  if (arg === undefined) return undefined;
  const plain = arg.replace(/^\w+: ?/, "").trim();
  const match = /^"((?:[^"\\]|\\.)*)"/.exec(plain);
  if (match !== null) return match[1];
  return /^[./\w-]+$/.test(plain) && !/^(?:0x)?\d/.test(plain) ? plain : undefined;
}
