import { assertEquals } from "@std/assert";
import { isRecorded } from "../../src/trace/recorded_calls.ts";

Deno.test("isRecorded: prctl, prlimit64 and personality only where they change something", () => {
  const PR_SET_NAME = 15, PR_SET_VMA = 0x53564d41;
  assertEquals(isRecorded("prctl", [PR_SET_NAME]), false);
  assertEquals(isRecorded("prctl", [PR_SET_VMA]), true);
  assertEquals(isRecorded("prlimit64", [0, 3, 0, 4096]), false);
  assertEquals(isRecorded("prlimit64", [0, 3, 4096, 0]), true);
  assertEquals(isRecorded("personality", [0xffffffff]), false);
  assertEquals(isRecorded("mmap", [0]), true);
});
