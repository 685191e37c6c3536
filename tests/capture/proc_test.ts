import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { pathOf, urlOf } from "../../src/command/paths.ts";
import { baseName } from "../../src/trace/maps_line.ts";
import {
  deviceOfMount,
  hasIpcLock,
  hasRawIo,
  parseAllowedNodes,
  parseDescriptorInfo,
  parseLimits,
  parseMemoryBytes,
  parsePidfd,
  parseSmaps,
  parseStat,
  readSmaps,
  sleeps,
} from "../../src/capture/proc.ts";
import { fakeLibc, texts } from "./fake_libc.ts";

/** One VMA as the kernel prints it in smaps, the fields that are not read left out. */
function smaps(header: string, anonymous: number, swap: number, flags: string): string {
  return `${header}\nSize: 132 kB\nAnonymous: ${String(anonymous).padStart(12)} kB\n` +
    `KSM: 0 kB\nSwap: ${swap} kB\nSwapPss: 0 kB\nVmFlags: ${flags} \n`;
}

Deno.test("parseSmaps: ranges, flags, base names; [vsyscall] is none", () => {
  const text = [
    smaps(
      "5652b5843000-5652b5845000 r--p 00002000 fe:00 260131    /usr/bin/a b",
      0,
      0,
      "rd mr mw me sd",
    ),
    smaps(
      "7ffe2047e000-7ffe2049f000 rw-p 00000000 00:00 0         [stack]",
      20,
      0,
      "rd wr mr gd ac",
    ),
    smaps("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]", 0, 0, "ex"),
  ].join("");
  assertEquals(parseSmaps(text), [
    {
      start: 0x5652b5843000,
      end: 0x5652b5845000,
      permissions: "r--p",
      offset: 0x2000,
      device: "fe:00",
      inode: 260131,
      name: "a b",
      vmFlags: "rd mr mw me",
    },
    {
      start: 0x7ffe2047e000,
      end: 0x7ffe2049f000,
      permissions: "rw-p",
      offset: 0,
      device: "00:00",
      inode: 0,
      name: "[stack]",
      vmFlags: "rd wr mr gd ac",
      written: true,
    },
  ]);
});

Deno.test("parseSmaps: a line without a name, as the kernel pads it", () => {
  const [line] = parseSmaps(smaps("00001000-00002000 rw-p 00000000 00:00 0 ", 0, 0, "rd"));
  assertEquals([line?.name, line?.start], ["", 0x1000]);
});

Deno.test("parseSmaps: written are private VMAs with anonymous pages, also swapped out", () => {
  const line = "1000-2000 rw-p 00000000 00:00 0";
  const written = (header: string, anonymous: number, swap: number) =>
    parseSmaps(smaps(header, anonymous, swap, "rd wr"))[0]?.written ?? false;
  assertEquals(written(line, 0, 0), false);
  assertEquals(written(line, 4, 0), true);
  assertEquals(written(line, 0, 4), true);
  assertEquals(written("1000-2000 rw-s 00000000 00:01 5 /dev/zero (deleted)", 0, 4), false);
});

Deno.test("parseSmaps: the text of a process that ended meanwhile has the VMAs that are whole", () => {
  const one = smaps("1000-2000 rw-p 00000000 00:00 0", 4, 0, "rd wr");
  assertEquals(parseSmaps(one).length, 1);
  assertEquals([parseSmaps(one + "3000-4"), parseSmaps(one + "\n")], [
    parseSmaps(one),
    parseSmaps(one),
  ]);
  assertEquals(parseSmaps(""), []);
});

Deno.test("readSmaps: a layout is believed only of a process that stood still before and after", () => {
  const text = smaps("1000-2000 rw-p 00000000 00:00 0", 4, 0, "rd wr");
  const read = (state: string, shown: string | undefined) => {
    const stat = state === "" ? {} : { "/proc/77/stat": `77 (a b) ${state} 1 2 3\n` };
    const files = { ...stat, ...shown !== undefined && { "/proc/77/smaps": shown } };
    return readSmaps(fakeLibc({ readText: texts(files) }), 77)?.length;
  };
  assertEquals(read("t", text), 1);
  for (const state of ["R", "S", "T", "X", "Z", ""]) {
    assertEquals(read(state, text), undefined, state);
  }
  assertEquals([read("t", ""), read("t", undefined)], [undefined, undefined]);
});

Deno.test("sleeps: a process that waits, whether a signal ends that or not", () => {
  const stats = (state: string) =>
    fakeLibc({ readText: texts({ "/proc/77/stat": `77 (a) ${state} 1` }) });
  assertEquals(["S", "D", "R", "t", "Z"].map((state) => sleeps(stats(state), 77)), [
    ...[true, true, false, false, false],
  ]);
  assertEquals(sleeps(fakeLibc({ readText: () => undefined }), 77), false);
});

Deno.test("parsePidfd: the process, unless it is no pidfd or the process has ended", () => {
  const process = (line: string) => parsePidfd(`pos:\t0\nflags:\t02\n${line}\n`);
  assertEquals([process("Pid:\t77"), process("Pid:\t1"), process("Pid:\t0"), process("Pid:\t-1")], [
    ...[77, 1, undefined, undefined],
  ]);
  assertEquals([process("ino:\t5"), process("NSpid:\t77")], [undefined, undefined]);
});

Deno.test("baseName: of any path the part behind the last slash", () => {
  assertEquals(baseName("/memfd:x (deleted)"), "memfd:x (deleted)");
  assertEquals(baseName("[anon:a/b]"), "[anon:a/b]");
  const name = fc.string().filter((text) => !text.includes("/") && !text.startsWith("["));
  fc.assert(fc.property(name, fc.array(name), (last, folders) => {
    assertEquals(baseName(["", ...folders, last].join("/")), last);
  }));
});

Deno.test("parseStat: fields count from the end of the command's name, whatever is in it", () => {
  const rest = Array.from({ length: 50 }, (_, i) => i + 3).join(" ");
  const expected = { state: "3", faults: 10 + 12, stack: 28, brk: 47 };
  for (const name of ["cc1", "a b", "x) S 1 2", "("]) {
    assertEquals(parseStat(`77 (${name}) ${rest}\n`), expected);
  }
});

Deno.test("parseLimits: soft limits in bytes, an unlimited one is absent", () => {
  const text = `Limit                     Soft Limit           Hard Limit           Units
Max data size             unlimited            unlimited            bytes
Max stack size            8388608              unlimited            bytes
Max locked memory         65536                65536                bytes
Max address space         1099511627776        unlimited            bytes
`;
  assertEquals(parseLimits(text), {
    stack: 8 << 20,
    addressSpace: 2 ** 40,
    lockedMemory: 65536,
  });
});

Deno.test("parseDescriptorInfo: flags are octal; an old kernel shows no inode", () => {
  const text = "pos:\t0\nflags:\t0100002\nmnt_id:\t27\nino:\t339380\n";
  assertEquals(parseDescriptorInfo(text), { flags: 0o100002, mount: 27, inode: 339380 });
  assertEquals(parseDescriptorInfo("pos:\t0\nflags:\t02\nmnt_id:\t27\n"), { flags: 2, mount: 27 });
});

Deno.test("deviceOfMount: decimal in mountinfo, hexadecimal as maps shows it", () => {
  const text = "22 1 254:0 / / rw - ext4 /dev/vda rw\n122 22 0:30 / /dev rw - tmpfs none rw\n";
  assertEquals(deviceOfMount(text, 22), "fe:00");
  assertEquals(deviceOfMount(text, 122), "00:1e");
  assertEquals(deviceOfMount(text, 2), undefined);
});

Deno.test("parseMemoryBytes: memory and swap together", () => {
  assertEquals(
    parseMemoryBytes("MemTotal:  100 kB\nMemFree: 7 kB\nSwapTotal:   28 kB\n"),
    128 * 1024,
  );
  assertEquals(parseMemoryBytes("MemTotal:  100 kB\n"), 100 * 1024);
});

Deno.test("hasIpcLock: bit 14 of the effective capabilities", () => {
  assertEquals(hasIpcLock("CapPrm:\t000001ffffffffff\nCapEff:\t0000000000004000\n"), true);
  assertEquals(hasIpcLock("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffbfff\n"), false);
});

Deno.test("hasRawIo: bit 17 of the effective capabilities", () => {
  assertEquals(hasRawIo("CapEff:\t0000000000020000\n"), true);
  assertEquals(hasRawIo("CapEff:\t000001fffffdffff\n"), false);
  assertEquals(hasRawIo(""), false);
});

Deno.test("parseAllowedNodes: a bit each, the highest word first; undefined if there is none", () => {
  const status =
    "Cpus_allowed:\tff\nMems_allowed:\t00000000,00000001,00000003\nMems_allowed_list:\t0-1,32\n";
  assertEquals(parseAllowedNodes(status), 0x1_0000_0003n);
  assertEquals(parseAllowedNodes("Cpus_allowed:\tff\n"), undefined);
});

Deno.test("parseSmaps: a line that is kept does not keep the text that it was read from", async () => {
  const TEXTS = 100, BYTES = 200_000;
  const program = `
    const { parseSmaps } = await import(${JSON.stringify(urlOf(pathOf("src/capture/proc.ts")))});
    const kept = [];
    for (let i = 0; i < ${TEXTS}; i++) {
      const text = Deno.args[0] + "x".repeat(${BYTES}) + i;
      // As it comes from the kernel: bytes, decoded.
      kept.push(parseSmaps(new TextDecoder().decode(new TextEncoder().encode(text)))[0]);
    }
    gc();
    console.log(JSON.stringify([Deno.memoryUsage().heapUsed, kept.length, kept[0].vmFlags]));`;
  const header =
    "5652b5843000-5652b5845000 r--p 00002000 fe:00 260131    /usr/bin/program-of-a-name";
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--v8-flags=--expose-gc", program, smaps(header, 0, 0, "rd mr mw me de nr ac")],
  }).output();
  const text = new TextDecoder();
  const found: [held: number, lines: number, flags: string] = JSON.parse(
    text.decode(stdout) || JSON.stringify(text.decode(stderr)),
  );
  assertEquals(found.slice(1), [TEXTS, "rd mr mw me de nr ac"]);
  assert(found[0] < TEXTS * BYTES / 2, `${found[0]} bytes are held`);
});
