import { assertEquals } from "@std/assert";
import { fits, type Shape } from "../../src/compare/shape.ts";

Deno.test("fits: kinds, lists, objects of one shape, objects with parts", () => {
  const list: Shape = { list: "number" };
  const values: Shape = { values: "string" };
  const parts: Shape = { parts: { a: "number", b: list } };
  const cases: [unknown, Shape, boolean][] = [
    [1, "number", true],
    ["1", "number", false],
    ["1", "string", true],
    [true, "boolean", true],
    [null, "boolean", false],
    [[1, 2], list, true],
    [[], list, true],
    [[1, "2"], list, false],
    [{ 0: 1, length: 1 }, list, false],
    [null, list, false],
    ["ab", list, false],
    [{ x: "a" }, values, true],
    [{}, values, true],
    [{ x: "a", y: 1 }, values, false],
    [null, values, false],
    [7, values, false],
    [{ a: 1, b: [] }, parts, true],
    [{ a: 1, b: [], c: null }, parts, true],
    [{ a: 1 }, parts, false],
    [{ a: 1, b: ["x"] }, parts, false],
    [undefined, parts, false],
    [{}, { parts: { constructor: { parts: {} } } }, false],
  ];
  for (const [value, shape, expected] of cases) {
    assertEquals([value, fits(value, shape)], [value, expected]);
  }
});
