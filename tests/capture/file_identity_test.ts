/** Which open file a descriptor is, on kernels that say it and on kernels that refuse to. */
import { assertEquals } from "@std/assert";
import { numberOf, type SystemCallName } from "../../src/abi/syscalls.ts";
import type { FileStatus } from "../../src/capture/libc.ts";
import { OpenFiles } from "../../src/capture/open_files.ts";
import { fakeLibc } from "./fake_libc.ts";

const REGULAR = 0x8000, CHARACTERS = 0x2000, BLOCKS = 0x6000, FOLDER = 0x4000;
const SHMEM = 0x01021994, HUGETLB = 0x958458f6, SECRET = 0x5345434d, EXT4 = 0xef53;

/** An open file of some process. */
interface Opened {
  /** Equal for descriptors that were duplicated from each other. */
  readonly open: string;
  readonly inode?: number;
  readonly type?: number;
  readonly magic?: number;
  readonly mountFlags?: number;
  readonly flags?: string;
  readonly mount?: number;
  /** The kernel does not show the inode, as before 5.14. */
  readonly isOld?: boolean;
}

/** A system with descriptors of processes, by `pid/number`; what the recorder opens and closes is counted. */
class System {
  readonly descriptors = new Map<string, Opened>();
  /** The recorder's own descriptors. */
  readonly own = new Map<number, Opened | "process">();
  canDuplicate = true;
  canOpenProcess = true;
  canCompare = true;
  /** The kernel is older than F_DUPFD_QUERY. */
  isOld = false;
  /** The lines of mountinfo, and how often they were read. */
  mountinfo = "20 1 254:0 / / rw - ext4 /dev/vda rw\n";
  readings = 0;
  /** A thread of the process closes the descriptor before its path is looked at. */
  closesMeanwhile = false;
  /** The lowest descriptor that a process, or a file, gets. */
  processesFrom = 100;
  filesFrom = 0;
  readonly files: OpenFiles;

  constructor() {
    const libc = fakeLibc({
      pid: () => 1,
      readText: (path) => this.#text(path),
      readLink: (path) => this.#at(path) && "/a/folder/" + this.#at(path)!.open,
      status: (file) => this.#status(file),
      fileSystem: (descriptor) => {
        const held = this.own.get(descriptor);
        if (typeof held !== "object") throw new Error(`${descriptor} is no file of the recorder's`);
        return { magic: held.magic ?? EXT4, flags: held.mountFlags ?? 0 };
      },
      close: (descriptor) => {
        if (!this.own.delete(descriptor)) throw new Error(`${descriptor} is not open`);
      },
      syscall: (number, ...args) => this.#call(number, args),
    });
    this.files = new OpenFiles(libc, "x86_64");
  }

  /** Opens something in a process. */
  put(pid: number, number: number, file: Opened): void {
    this.descriptors.set(`${pid}/${number}`, file);
  }

  /** The identity of a descriptor. */
  id(pid: number, number: number): number | undefined {
    return this.files.identify(pid, number)?.id;
  }

  #at(path: string): Opened | undefined {
    const match = /^\/proc\/(\d+)\/(?:fd|fdinfo)\/(\d+)$/.exec(path);
    return match === null ? undefined : this.descriptors.get(`${match[1]}/${match[2]}`);
  }

  #text(path: string): string | undefined {
    if (path.endsWith("/mountinfo")) {
      this.readings++;
      return this.mountinfo;
    }
    const file = this.#at(path);
    if (file === undefined) return undefined;
    const inode = file.isOld ? "" : `ino:\t${file.inode ?? 5}\n`;
    return `pos:\t0\nflags:\t${file.flags ?? "0100002"}\nmnt_id:\t${file.mount ?? 20}\n${inode}`;
  }

  #status(file: string | number): FileStatus | undefined {
    if (typeof file === "string" && this.closesMeanwhile) return undefined;
    const opened = typeof file === "string" ? this.#at(file) : this.own.get(file);
    if (opened === undefined) return undefined;
    if (opened === "process") throw new Error("A process has no size");
    return { type: opened.type ?? REGULAR, size: 8192, inode: opened.inode ?? 5, device: "00:2a" };
  }

  #call(number: number, args: readonly number[]): number {
    const is = (name: SystemCallName) => number === numberOf(name, "x86_64");
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = args;
    if (is("pidfd_open")) {
      if (second !== 0) throw new Error("It has no flags");
      return this.canOpenProcess ? this.#own("process", first) : -1;
    }
    if (is("pidfd_getfd")) {
      if (this.own.get(first) !== "process" || third !== 0) throw new Error("It is no process");
      const file = this.descriptors.get(`${this.#pid}/${second}`);
      return this.canDuplicate && file !== undefined ? this.#own(file) : -1;
    }
    if (is("fcntl")) {
      const [mine, other] = [this.own.get(first), this.own.get(third)];
      if (second !== 1027 || typeof mine !== "object" || typeof other !== "object") {
        throw new Error("It is no question about two files");
      }
      return this.isOld ? -1 : mine.open === other.open ? 1 : 0;
    }
    if (!is("kcmp")) throw new Error(`There is no call ${number}`);
    const [mine, other] = [this.own.get(fourth), this.descriptors.get(`${second}/${fifth}`)];
    if (first !== 1 || third !== 0 || typeof mine !== "object") throw new Error("It is no file");
    if (!this.canCompare || other === undefined) return -1;
    return mine.open === other.open ? 0 : 1;
  }

  #pid = 0;

  #own(file: Opened | "process", pid = this.#pid): number {
    this.#pid = pid;
    let descriptor = file === "process" ? this.processesFrom : this.filesFrom;
    while (this.own.has(descriptor)) descriptor++;
    this.own.set(descriptor, file);
    return descriptor;
  }
}

Deno.test("OpenFiles: what was duplicated, inherited or passed on is one open file, another open of it is not", () => {
  const system = new System();
  system.put(7, 3, { open: "a" });
  system.put(7, 9, { open: "a" });
  system.put(8, 3, { open: "a" });
  system.put(8, 4, { open: "b" });
  assertEquals([system.id(7, 3), system.id(7, 9), system.id(8, 3), system.id(8, 4)], [1, 1, 1, 2]);
  assertEquals(system.own.size, 2); // one to each open file
  system.put(7, 3, { open: "c", inode: 6 });
  assertEquals([system.id(7, 3), system.id(7, 9)], [3, 1]);
});

Deno.test("OpenFiles: files of other inodes or devices are never compared", () => {
  const system = new System();
  system.mountinfo += "21 1 254:1 / /mnt rw - ext4 /dev/vdb rw\n";
  system.put(7, 3, { open: "a", inode: 5 });
  system.put(7, 4, { open: "a", inode: 6 }); // which cannot be, but for the test
  system.put(7, 5, { open: "a", inode: 5, mount: 21 });
  assertEquals([system.id(7, 3), system.id(7, 4), system.id(7, 5), system.id(7, 3)], [1, 2, 3, 1]);
});

Deno.test("OpenFiles: a kernel that compares nothing has the same file behind the same number of a process", () => {
  for (const lacks of ["canCompare", "canDuplicate", "canOpenProcess"] as const) {
    const system = new System();
    system.isOld = true;
    system[lacks] = false;
    system.put(7, 3, { open: "a" });
    system.put(7, 9, { open: "a" });
    system.put(8, 3, { open: "a" });
    assertEquals([system.id(7, 3), system.id(7, 9), system.id(8, 3)], [1, 2, 3], lacks);
    assertEquals([system.id(8, 3), system.id(7, 9), system.id(7, 3)], [3, 2, 1]);
    assertEquals(system.own.size, lacks === "canCompare" ? 3 : 0);
    system.files.keepOnly(() => false);
    assertEquals(system.own.size, 0);
    assertEquals(system.id(7, 3), 4);
  }
});

Deno.test("OpenFiles: a kernel without kcmp that knows F_DUPFD_QUERY tells open files apart too", () => {
  const system = new System();
  system.canCompare = false;
  system.put(7, 3, { open: "a" });
  system.put(7, 9, { open: "a" });
  system.put(8, 3, { open: "b" });
  assertEquals([system.id(7, 3), system.id(7, 9), system.id(8, 3)], [1, 1, 2]);
  assertEquals(system.own.size, 2); // one to each open file
  system.put(7, 3, { open: "c" }); // the same file, opened again under the same number
  assertEquals([system.id(7, 3), system.id(7, 9)], [3, 1]);
});

Deno.test("OpenFiles: the recorder's own descriptor that it asks about may be 0", () => {
  const system = new System();
  system.canCompare = false;
  system.put(7, 3, { open: "a" });
  system.put(7, 4, { open: "b", inode: 6 });
  system.put(7, 9, { open: "b", inode: 6 });
  assertEquals([system.id(7, 3), system.id(7, 4)], [1, 2]);
  system.files.keepOnly(({ inode }) => inode === 6);
  assertEquals([[...system.own.keys()], system.id(7, 9)], [[1], 2]);
});

Deno.test("OpenFiles: where no descriptor can be had the path tells of the file, but not on what it lies", () => {
  const system = new System();
  system.canDuplicate = false;
  system.put(7, 3, { open: "a", magic: SHMEM, mountFlags: 8 });
  const { kind, size, noexec } = system.files.identify(7, 3)!;
  assertEquals([kind, size, noexec], ["regular", 8192, undefined]);
  system.put(7, 5, { open: "place", flags: "010000000" });
  assertEquals(system.id(7, 5), undefined);
  system.closesMeanwhile = true;
  assertEquals(system.id(7, 3), undefined);
});

Deno.test("OpenFiles: descriptors are closed when no process uses the file, and at once if it is known or none", () => {
  const system = new System();
  system.put(7, 3, { open: "a" });
  system.put(7, 4, { open: "b", inode: 6 });
  system.put(7, 5, { open: "place", flags: "010000000" });
  system.files.identify(7, 3);
  system.files.identify(7, 4);
  assertEquals(system.own.size, 2);
  assertEquals([system.id(7, 5), system.id(7, 99), system.id(99, 3)], [
    ...[undefined, undefined, undefined],
  ]);
  system.files.identify(7, 3);
  assertEquals(system.own.size, 2);
  system.files.keepOnly(({ inode }) => inode === 6);
  assertEquals([...system.own.values()].map((file) => typeof file === "object" && file.open), [
    "b",
  ]);
  assertEquals([system.id(7, 4), system.id(7, 3)], [2, 3]);
});

Deno.test("OpenFiles: a process that ends while its descriptor is looked at has no file", () => {
  const system = new System();
  system.put(7, 3, { open: "a" });
  const libc = fakeLibc({
    readText: () => undefined, // gone already
    syscall: (number) => number === numberOf("pidfd_open", "x86_64") ? 4 : 0,
    close: (descriptor) => void closed.push(descriptor),
    status: () => ({ type: REGULAR, size: 1, inode: 1, device: "00:01" }),
  });
  const closed: number[] = [];
  assertEquals(new OpenFiles(libc, "x86_64").identify(7, 3), undefined);
  assertEquals(closed, [4, 0]); // the process's, and the file's, which is 0
});

Deno.test("OpenFiles: 0 is a descriptor like any other", () => {
  const system = new System();
  system.put(7, 3, { open: "a", magic: SHMEM });
  system.put(7, 4, { open: "b", inode: 6 });
  system.put(7, 5, { open: "place", flags: "010000000" });
  assertEquals([system.id(7, 5), [...system.own.keys()]], [undefined, []]);
  assertEquals(system.files.identify(7, 3)?.kind, "shmem");
  assertEquals([system.id(7, 4), [...system.own.keys()]], [2, [0, 1]]);
  system.files.keepOnly(({ inode }) => inode === 6);
  assertEquals([system.id(7, 4), [...system.own.keys()]], [2, [1]]);
  const process = new System();
  [process.processesFrom, process.filesFrom] = [0, 100];
  process.put(7, 3, { open: "a" });
  process.put(7, 9, { open: "a" });
  assertEquals([process.id(7, 3), process.id(7, 9)], [1, 1]);
});

Deno.test("OpenFiles: once it is duplicated a descriptor may be closed by another thread", () => {
  const system = new System();
  system.put(7, 3, { open: "a" });
  system.closesMeanwhile = true;
  assertEquals(system.files.identify(7, 3)?.size, 8192);
});

Deno.test("OpenFiles: how it was opened, what it lies on, and whether that may be executed", () => {
  const system = new System();
  const identify = (file: Omit<Opened, "open">, number: number) => {
    system.put(7, number, { open: `${number}`, inode: number, ...file });
    const { access, kind, noexec } = system.files.identify(7, number)!;
    return [access, kind, noexec];
  };
  assertEquals(identify({ flags: "0100000" }, 10), ["read", "regular", undefined]);
  assertEquals(identify({ flags: "0102001" }, 11), ["write", "regular", undefined]);
  assertEquals(identify({ flags: "02" }, 12), ["read-write", "regular", undefined]);
  assertEquals(identify({ mountFlags: 8 }, 13), ["read-write", "regular", true]);
  assertEquals(identify({ mountFlags: 0x1037 }, 14), ["read-write", "regular", undefined]);
  const kinds = [[SHMEM, "shmem"], [HUGETLB, "hugetlb"], [SECRET, "secretmem"], [
    1,
    "regular",
  ]] as const;
  for (const [i, [magic, kind]] of kinds.entries()) {
    assertEquals(identify({ magic }, 20 + i)[1], kind);
  }
  for (const [i, type] of [CHARACTERS, BLOCKS, FOLDER].entries()) {
    assertEquals(identify({ type, magic: SHMEM }, 30 + i)[1], type === FOLDER ? "other" : "device");
  }
});

Deno.test("OpenFiles: the device is that of the mount, which is read once; of a mount that is not listed, what stat says", () => {
  const system = new System();
  const device = (number: number, mount: number, isOld = false) => {
    system.put(7, number, { open: `${number}`, inode: number, mount, isOld });
    const { device, inode } = system.files.identify(7, number)!;
    return [device, inode];
  };
  assertEquals([device(3, 20), device(4, 20), system.readings], [["fe:00", 3], ["fe:00", 4], 1]);
  assertEquals([device(5, 99), device(6, 99), system.readings], [["00:2a", 5], ["00:2a", 6], 3]);
  assertEquals(device(8, 20, true), ["fe:00", 8]); // the inode is stat's where fdinfo has none
});

Deno.test("OpenFiles: a name is the last part of where the descriptor's link points", () => {
  const system = new System();
  system.put(7, 3, { open: "a file" });
  assertEquals(system.files.identify(7, 3)?.name, "a file");
});
