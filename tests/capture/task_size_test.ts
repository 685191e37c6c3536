/** Where the user's addresses end: the edge that is asked for, on systems that a test makes up and on this one. */
import { assert, assertEquals } from "@std/assert";
import { PAGE_SIZE } from "../../src/abi/page.ts";
import { Libc } from "../../src/capture/libc.ts";
import { askTaskSize } from "../../src/capture/task_size.ts";
import { userAddresses } from "../../src/mm/rlimit.ts";
import { needing } from "../needing.ts";
import { impossible } from "./capturing.ts";

/** What is found where addresses end, and how many questions it took. */
function found(end: number): [size: number | undefined, questions: number] {
  let questions = 0;
  const mayMap = (address: number) => {
    assertEquals(address % PAGE_SIZE, 0);
    questions++;
    return address + PAGE_SIZE <= end;
  };
  return [askTaskSize({ mayMap }), questions];
}

Deno.test("askTaskSize: the first address that none can have, to the page, in about 40 questions", () => {
  const ends = [2 ** 32, 0x7f_8000_0000, 2 ** 39, 0x7fff_ffff_f000, 2 ** 47, 2 ** 48, 2 ** 52];
  for (const end of ends) {
    const [size, questions] = found(end);
    assertEquals(size, end);
    assert(questions <= 42, `${questions}`);
  }
});

Deno.test("askTaskSize: beyond 2^52 it is 2^52, and nothing where this process may map no page", () => {
  assertEquals(found(2 ** 56)[0], 2 ** 52);
  assertEquals(found(0)[0], undefined);
});

Deno.test({
  ...needing("askTaskSize: this system's is that of its processor, or less", impossible),
  fn() {
    const libc = new Libc();
    const size = askTaskSize(libc) ?? 0;
    const { machine } = libc.uname();
    const levels = / la57( |$)/m.test(libc.readText("/proc/cpuinfo") ?? "") ? 5 : 4;
    assert(2 ** 38 <= size && size <= Math.max(userAddresses(machine, levels).taskSize, 2 ** 52));
    assert(libc.mayMap(size - PAGE_SIZE) && !libc.mayMap(size));
    const stack = libc.readText("/proc/self/maps")?.match(/-([0-9a-f]+) .*\[stack\]/)?.[1];
    assert(parseInt(stack ?? "", 16) <= size);
  },
});
