import { needing } from "../needing.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { SYSTEM_CALLS } from "../../src/abi/syscalls.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable, Text } from "../../src/verify/executable.ts";
import { fuzzTable } from "../../src/verify/fuzz.ts";
import { impossible } from "../capture/capturing.ts";
import { runVerify } from "./verifying.ts";

const OPTIONS = { machine: "x86_64", steps: 2000, file: "data" } as const;

const X86_64 = Object.entries(SYSTEM_CALLS);
/**
 * Every call that is modelled; of those that make a process or a program one is enough.
 */
const CALLS = X86_64.filter(([, { model }]) => model !== undefined && !/^(fork|exec)$/.test(model));

Deno.test("fuzz: the same seed makes the same program, another seed another", () => {
  const program = (seed: number) => executable("x86_64", fuzzTable({ ...OPTIONS, seed }));
  assertEquals(program(1), program(1));
  assertNotEquals(program(1), program(2));
});

Deno.test("fuzz: both machines get the same calls", () => {
  const table = (machine: "x86_64" | "aarch64") => fuzzTable({ ...OPTIONS, machine, seed: 1 });
  const [x86, arm] = [table("x86_64"), table("aarch64")];
  assertEquals(x86.length, arm.length);
  assertEquals(x86.map((call) => call.args.length), arm.map((call) => call.args.length));
});

Deno.test("fuzz: every recorded memory call occurs, with forks, faults and bad arguments", () => {
  const occurring = new Set(fuzzTable({ ...OPTIONS, seed: 1 }).map((call) => call.number));
  const others = X86_64.filter(([name]) => /^(clone|read|exit_group)$/.test(name));
  for (const [name, { numbers }] of [...CALLS, ...others]) {
    assert(occurring.has(numbers.x86_64!), `${name} does not occur`);
  }
});

Deno.test("fuzz: before its first step a program has its files: each way of opening one, a copy, memory, /dev/zero", () => {
  const table = fuzzTable({ ...OPTIONS, seed: 1, steps: 1 });
  const name = (number: number) => X86_64.find(([, { numbers }]) => numbers.x86_64 === number)?.[0];
  const opening = table.slice(0, 12).map(({ number }) => name(number));
  assertEquals(opening, [
    ...["close_range", "openat", "openat", "openat", "openat", "memfd_create", "openat", "dup"],
    ...["ftruncate", "userfaultfd", "ioctl", "prlimit64"],
  ]);
  const access = table.slice(1, 5).map(({ args }) => args[2]);
  assertEquals(access, [2, 2, 0, 1]); // O_RDWR twice: two open files of one inode
  assertEquals(name(table.at(-1)!.number), "exit_group");
});

Deno.test("executable: what cannot be a call of the machine is refused", () => {
  let message = "";
  try {
    new CallTable("aarch64").add("fork");
  } catch (error) {
    message = String(error);
  }
  assertMatch(message, /Cannot add fork: aarch64 has no such call/);
});

Deno.test({
  name: "executable: a result reaches a later call, and calls are passed over unless it is 0",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const table = new CallTable(Deno.build.arch);
    const failed = table.add("ftruncate", -1, 0); // EBADF, -9
    table.add("exit_group", 99);
    table.skipFrom(failed);
    table.add("write", 1, new Text("here\n"), 5);
    table.feed(failed, table.add("exit_group", 16), 0);
    const directory = await Deno.makeTempDir();
    try {
      const program = `${directory}/program`;
      await Deno.writeFile(program, executable(Deno.build.arch, table.calls), { mode: 0o700 });
      const { code, stdout } = await new Deno.Command(program).output();
      assertEquals([code, new TextDecoder().decode(stdout)], [7, "here\n"]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

for (const seed of [4, 7, 8, 10, 12]) {
  Deno.test({
    ...needing(`fuzz: seed ${seed} agrees with the kernel, validated after every step`, impossible),
    fn: async () => {
      const { status, stdout } = await runVerify([
        "--fuzz",
        String(seed),
        "--steps",
        "60",
        "--validate",
      ]);
      assertEquals(status, 0, stdout);
    },
  });
}
