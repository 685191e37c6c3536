/** Page faults of processes since they were last asked for. */
import { assertEquals } from "@std/assert";
import { FaultCount } from "../../src/capture/fault_count.ts";
import { copyInto, fakeLibc } from "./fake_libc.ts";

/** A line of `/proc/PID/stat` with so many minor and major faults; other fields hold other numbers. */
function stat(minor: number, major: number, name = "a program"): string {
  return `77 (${name}) t 1 2 3 4 5 6 ${minor} 1000 ${major} 2000 3000 4000\n`;
}

/** Processes whose stat is in the object, by their id; what is opened and closed is noted. */
function processes(stats: Record<number, string>) {
  const opened: string[] = [], closed: number[] = [];
  const libc = fakeLibc({
    open: (path) => {
      opened.push(path);
      return Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1]);
    },
    readStart: (descriptor, buffer) => {
      const text = stats[descriptor];
      return text === undefined ? -1 : copyInto(buffer, text);
    },
    close: (descriptor) => void closed.push(descriptor),
  });
  return { count: new FaultCount(libc), opened, closed };
}

Deno.test("FaultCount: unknown the first time, then minor and major faults since the last time", () => {
  const stats = { 7: stat(5, 2) };
  const { count } = processes(stats);
  assertEquals(count.since(7), Infinity);
  assertEquals(count.since(7), 0);
  stats[7] = stat(9, 2);
  assertEquals([count.since(7), count.since(7)], [4, 0]);
  stats[7] = stat(10, 1002);
  assertEquals([count.since(7), count.since(7)], [1001, 0]);
});

Deno.test("FaultCount: processes are counted apart, each by a file that stays open until all are closed", () => {
  const stats = { 7: stat(5, 0), 8: stat(100, 0) };
  const { count, opened, closed } = processes(stats);
  assertEquals([count.since(7), count.since(8)], [Infinity, Infinity]);
  stats[7] = stat(6, 0);
  assertEquals([count.since(8), count.since(7)], [0, 1]);
  assertEquals([opened, closed], [["/proc/7/stat", "/proc/8/stat"], []]);
  count.close();
  assertEquals(closed, [7, 8]);
  assertEquals(count.since(7), Infinity); // from the beginning
  count.close();
  assertEquals(closed, [7, 8, 7]);
});

Deno.test("FaultCount: a name may hold anything, also what looks like the end of it", () => {
  for (const name of ["x) t 1 2", ")", "(", "9 9 9 9 9 9 9 9 9", ""]) {
    const stats = { 7: stat(5, 2, name) };
    const { count } = processes(stats);
    count.since(7);
    stats[7] = stat(15, 3, name);
    assertEquals(count.since(7), 11, name);
  }
});

Deno.test("FaultCount: what cannot be read, or is no such line, says nothing of what there was", () => {
  const stats: Record<number, string> = { 7: stat(5, 2) };
  const { count } = processes(stats);
  count.since(7);
  for (const text of [undefined, "", "77 a t 1 2 3 4 5 6 7 8 9 10"]) {
    if (text === undefined) delete stats[7];
    else stats[7] = text;
    assertEquals(count.since(7), Infinity, text);
    stats[7] = stat(6, 2);
    assertEquals([count.since(7), count.since(7)], [Infinity, 0]);
  }
});

Deno.test("FaultCount: a shorter line after a longer one is read as it is", () => {
  const stats = {
    7: stat(99_999, 2, "a name (that is) much longer than the whole line (of the other) is"),
  };
  const { count } = processes(stats);
  count.since(7);
  stats[7] = "7 (a) t 1 2 3 4 5 6 100001 1 3"; // it ends with the number
  count.since(7);
  stats[7] = stat(100_005, 7);
  assertEquals(count.since(7), 100_012 - 100_001);
});
