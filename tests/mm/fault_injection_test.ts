/**
 * Structures that can be taken, and reserved, before memory runs out.
 */
import { MmError } from "../../src/mm/error.ts";
import { FaultInjection } from "../../src/mm/fault_injection.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("FaultInjection: with nothing left and nothing in hand nothing is taken", () => {
  const budget = new FaultInjection();
  budget.left = 0;
  assertThrows(() => budget.take("a VMA"), MmError);
  budget.left = 2;
  budget.withReserve(2, () => budget.take("a VMA"));
  assertEquals(budget.left, 1);
  budget.take("a VMA");
  assertThrows(() => budget.take("a VMA"), MmError);
});
