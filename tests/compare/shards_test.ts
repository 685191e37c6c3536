import { assertEquals, assertThrows } from "@std/assert";
import { Unable } from "../../src/command/command.ts";
import { merge, parseComparison, parseShard, pick } from "../../src/compare/shards.ts";
import { comparison, LAPTOP, SERVER, workload } from "./samples.ts";

Deno.test("parseShard: i/n", () => {
  assertEquals(parseShard("2/4"), { index: 2, count: 4 });
  assertEquals(parseShard("1/1"), { index: 1, count: 1 });
  assertEquals(parseShard("4/4"), { index: 4, count: 4 });
  for (const text of ["0/4", "5/4", "1", "1/0", "a/b", "1/2/3", "-1/2"]) {
    assertThrows(() => parseShard(text), Unable, "--shard");
  }
});

Deno.test("pick: the shards hold every item once", () => {
  const items = Array.from({ length: 17 }, (_, at) => at);
  for (const count of [1, 2, 5, 17, 20]) {
    const all = Array.from({ length: count }, (_, at) => pick(items, { index: at + 1, count }));
    assertEquals(all.flat().sort((a, b) => a - b), items);
    const lengths = all.map(({ length }) => length);
    assertEquals(Math.max(...lengths) - Math.min(...lengths) <= 1, true);
  }
});

Deno.test("merge: all workloads, and every machine that measured", () => {
  const first = comparison([workload("a", 0)], { shard: { index: 1, count: 2 } });
  const second = comparison([workload("b", 0.1)], {
    shard: { index: 2, count: 2 },
    machines: [SERVER],
    skipped: [{ name: "c", side: "base", why: "it is old" }],
  });
  const { workloads, machines, skipped, shard } = merge([first, second]);
  assertEquals(workloads.map(({ name }) => name), ["a", "b"]);
  assertEquals(machines, [LAPTOP, SERVER]);
  assertEquals(skipped.map(({ name }) => name), ["c"]);
  assertEquals(shard, undefined);
});

Deno.test("merge: refuses parts that are missing, twice there, or of another comparison", () => {
  const part = (index: number, count: number) => comparison([], { shard: { index, count } });
  assertThrows(() => merge([]), Unable, "nothing");
  assertThrows(() => merge([part(1, 2)]), Unable, "1 of 2");
  assertThrows(() => merge([part(1, 2), part(1, 2)]), Unable, "part 1");
  assertThrows(() => merge([part(1, 2), part(2, 3)]), Unable, "division");
  const other = { ...part(2, 2), base: { name: "x", commit: "c".repeat(40), isDirty: false } };
  assertThrows(() => merge([part(1, 2), other]), Unable, "different commits");
});

Deno.test("parseComparison: what --json printed comes back, anything else is named", () => {
  const whole = comparison([workload("a", 0.05)]);
  assertEquals(parseComparison(JSON.stringify(whole), "part.json"), whole);
  for (const text of ["", "{", "[]", "null", '{"format":"maple-comparison"}']) {
    assertThrows(() => parseComparison(text, "part.json"), Unable, "part.json");
  }
});

Deno.test("merge: a whole comparison is its own only part", () => {
  const whole = comparison([workload("a", 0)]);
  assertEquals(merge([whole]), whole);
  assertThrows(() => merge([whole, whole]), Unable, "part 1 is there twice");
});

Deno.test("parseComparison: a part that is missing or of another kind is named", () => {
  const whole = comparison([workload("a", 0.05)], {
    skipped: [{ name: "c", side: "base", why: "old" }],
  });
  const broken = [
    { ...whole, version: 2 },
    { ...whole, format: "other" },
    { ...whole, machines: [{ ...LAPTOP, cores: "2" }] },
    { ...whole, workloads: [{ ...whole.workloads[0], interval: { low: 1 } }] },
    { ...whole, workloads: [null] },
    { ...whole, workloads: {} },
    { ...whole, skipped: ["c"] },
    { ...whole, runtime: null },
  ];
  for (const value of broken) {
    assertThrows(
      () => parseComparison(JSON.stringify(value), "part.json"),
      Unable,
      "no comparison",
    );
  }
});
