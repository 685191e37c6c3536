import { assertEquals } from "@std/assert";
import { formatPlace, parsePlace, type Place } from "../../src/explorer/model/place.ts";

Deno.test("place: what a link says is where it leads", () => {
  const places: Place[] = [
    {
      run: "cc1-2022",
      step: 49,
      operation: 6,
      vma: 0x7fa94124b000,
      fault: "stale-slot-kept",
      pid: 7,
    },
    { run: "a file & more #1", step: 1 },
    {},
  ];
  for (const place of places) {
    const whole = { run: undefined, step: undefined, operation: undefined, vma: undefined };
    const expected = { ...whole, fault: undefined, pid: undefined, ...place };
    assertEquals(parsePlace(formatPlace(place)), expected);
  }
});

Deno.test("place: what it does not understand it leaves out", () => {
  const { step, operation, vma, run } = parsePlace("#step=-1&op=1.5&vma=77&run=x&other=1");
  assertEquals([step, operation, vma, run], [undefined, undefined, undefined, "x"]);
});

Deno.test("place: what is not given is not in the link", () => {
  assertEquals(formatPlace({}), "#");
  assertEquals(formatPlace({ step: 0, pid: 0, operation: 0 }), "#step=0&op=0&pid=0");
  assertEquals(formatPlace({ vma: 0x1000 }), "#vma=0x1000");
  assertEquals(formatPlace({ fault: "f", run: "r" }), "#run=r&fault=f");
});
