/** A C library that answers what a test says; a call that the test says nothing of is an error. */

import type { FileStatus, LibcCalls } from "../../src/capture/libc.ts";

function unexpected(call: string): never {
  throw new Error(`${call} is not to be called here`);
}

/** Knows nothing. */
class NoLibc implements LibcCalls {
  errno(): number {
    return unexpected("errno");
  }
  pid(): number {
    return unexpected("pid");
  }
  environment(): string | undefined {
    return unexpected("environment");
  }
  isExecutable(): boolean {
    return unexpected("isExecutable");
  }
  spawn(): number {
    return unexpected("spawn");
  }
  wait(): number {
    return unexpected("wait");
  }
  startTicks(): () => void {
    return unexpected("startTicks");
  }
  yield(): void {
    unexpected("yield");
  }
  kill(): void {
    unexpected("kill");
  }
  ptrace(): number {
    return unexpected("ptrace");
  }
  ptraceBuffer(): number {
    return unexpected("ptraceBuffer");
  }
  mayMap(): boolean {
    return unexpected("mayMap");
  }
  syscall(): number {
    return unexpected("syscall");
  }
  open(): number {
    return unexpected("open");
  }
  close(): void {
    unexpected("close");
  }
  readText(): string | undefined {
    return unexpected("readText");
  }
  ioctl(): number {
    return unexpected("ioctl");
  }
  readBytes(): Uint8Array<ArrayBuffer> | undefined {
    return unexpected("readBytes");
  }
  readStart(): number {
    return unexpected("readStart");
  }
  readLink(): string | undefined {
    return unexpected("readLink");
  }
  readWord(): bigint | undefined {
    return unexpected("readWord");
  }
  readWords(): BigUint64Array | undefined {
    return unexpected("readWords");
  }
  readString(): string | undefined {
    return unexpected("readString");
  }
  status(): FileStatus | undefined {
    return unexpected("status");
  }
  fileSystem(): { magic: number; flags: number } {
    return unexpected("fileSystem");
  }
  uname(): { release: string; machine: string } {
    return unexpected("uname");
  }
}

/** The library with what a test answers. */
export function fakeLibc(answers: Partial<LibcCalls>): LibcCalls {
  return Object.assign(new NoLibc(), answers);
}

/** {@linkcode LibcCalls.readText} of a few files; no others exist. */
export function texts(files: Readonly<Record<string, string>>): LibcCalls["readText"] {
  const byPath = new Map(Object.entries(files));
  return (path) => byPath.get(path);
}

/** Copies text into a buffer as `pread` from the start does; how many bytes it gave. */
export function copyInto(buffer: Uint8Array, text: string): number {
  return new TextEncoder().encodeInto(text, buffer).written;
}
