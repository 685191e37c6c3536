import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Unable } from "../../src/command/command.ts";
import { interruptible, selectWorkloads, timeLeft } from "../../src/compare/command_line.ts";

Deno.test("selectWorkloads: all, those that contain a text, those that match an expression", () => {
  const all = selectWorkloads();
  assertEquals(new Set(all).size, all.length);
  assertEquals(selectWorkloads("find/"), ["find/60", "find/1000"]);
  assertEquals(selectWorkloads("cc1-tree"), ["cc1-tree"]);
  assertEquals(selectWorkloads("/^(load|find).60$/"), ["load/60", "find/60"]);
});

Deno.test("selectWorkloads: a pattern that selects nothing is told with what there is", () => {
  assertThrows(() => selectWorkloads("nothing"), Unable, "there are cc1-replay");
  assertThrows(() => selectWorkloads("/(/"), Unable, "no regular expression");
});

Deno.test("timeLeft: says nothing about the time before it knows", () => {
  const line = timeLeft();
  assertEquals(line({ what: "counting", done: 0 }), "counting, 0 %");
  assertEquals(line({ what: "counting", done: 0.019 }), "counting, 1 %");
  assertMatch(line({ what: "counting", done: 0.02 }), /^counting, 2 %, about \d+ s left$/);
  // It has only begun: half of next to nothing is left.
  assertMatch(timeLeft()({ what: "counting", done: 0.5 }), /about [01] s left$/);
  assertEquals(line({ what: "the end", done: 1 }), "the end, 100 %, about 0 s left");
  assertMatch(
    line({ what: "process 4 of 8", done: 0.5 }),
    /^process 4 of 8, 50 %, about \d+ s left$/,
  );
});

Deno.test("interruptible: gives what the work gives, and throws what it throws", async () => {
  assertEquals(await interruptible((signal) => Promise.resolve(signal.aborted)), false);
  await assertRejects(
    () => interruptible(() => Promise.reject(new RangeError("no"))),
    RangeError,
    "no",
  );
});
