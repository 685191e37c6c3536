import { assert, assertEquals } from "@std/assert";
import {
  argumentsOf,
  callName,
  type CallOption,
  errorsByModel,
  isRecorded,
  recordedCalls,
  SYSTEM_CALLS,
  type SystemCall,
  systemCall,
  unmodelledBecause,
} from "../../src/abi/syscalls.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { ADVICE_CALLS } from "../mm/calls/errno_advice.ts";
import { MAPPING_CALLS } from "../mm/calls/errno_mapping.ts";
import { OTHER_CALLS } from "../mm/calls/errno_others.ts";

const ROWS: readonly [string, SystemCall][] = Object.entries(SYSTEM_CALLS);
const RECORDED = ROWS.filter(([, { recorded }]) => recorded !== false);
/** Models that are no method of an address space. */
const NO_METHOD = ["fork", "exec", "limits", "options"];
const METHODS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(AddressSpace.prototype));
const ERRNO_ROWS: ReadonlySet<string> = new Set(
  [MAPPING_CALLS, ADVICE_CALLS, OTHER_CALLS].flatMap(Object.keys),
);
/** Calls that return no error: brk answers with where the end of the heap is. */
const NEVER_FAIL = ["brk", "munlockall", "setMemoryMerge", "setReadImpliesExec"];

/** A call, or an option of one. */
interface Subject {
  readonly name: string;
  readonly row: SystemCall | CallOption;
}

const SUBJECTS: readonly Subject[] = RECORDED.flatMap(
  ([name, row]): Subject[] =>
    row.options === undefined ? [{ name, row }] : [...row.options.values()].map((option) => ({
      name: `${name}(${option.name})`,
      row: option,
    })),
);

/** What a call needs and does not have. */
function missing({ model, unmodelled, errors }: SystemCall | CallOption): string[] {
  if (model === undefined) {
    return unmodelled === undefined ? ["model, or unmodelled with the reason, in its row"] : [];
  }
  const lacks: string[] = [];
  if (unmodelled !== undefined) lacks.push("one of model and unmodelled: it has both");
  if (NO_METHOD.includes(model)) return lacks;
  if (!METHODS.has(model)) lacks.push(`the method ${model} in src/mm/address_space.ts`);
  if (NEVER_FAIL.includes(model)) return lacks;
  if (errors === undefined && !errorsByModel().has(model)) lacks.push("errors in its row");
  if (!ERRNO_ROWS.has(model)) lacks.push(`rows for ${model} in tests/mm/calls/errno_*.ts`);
  return lacks;
}

Deno.test("SYSTEM_CALLS: a recorded call has all that belongs to a model, or says why it has none", () => {
  const found = SUBJECTS.flatMap(({ name, row }) =>
    missing(row).map((what) => `${name} lacks ${what}`)
  );
  assertEquals(found, []);
});

Deno.test("SYSTEM_CALLS: what an added row lacks is named", () => {
  const row = { arity: 1, numbers: {}, recorded: true };
  assertEquals(missing(row), ["model, or unmodelled with the reason, in its row"]);
  assertEquals(missing({ ...row, model: "noSuchMethod" }), [
    "the method noSuchMethod in src/mm/address_space.ts",
    "errors in its row",
    "rows for noSuchMethod in tests/mm/calls/errno_*.ts",
  ]);
  assertEquals(missing({ ...row, unmodelled: "not worth it" }), []);
});

Deno.test("SYSTEM_CALLS: numbers are each one call's, and arm64 lacks only what it never had", () => {
  for (const machine of ["x86_64", "aarch64"] as const) {
    const numbers = ROWS.flatMap(([, row]) => row.numbers[machine] ?? []);
    assertEquals(new Set(numbers).size, numbers.length, machine);
  }
  const lacking = ROWS.filter(([, { numbers }]) => numbers.aarch64 === undefined);
  assertEquals(lacking.map(([name]) => name), ["arch_prctl", "fork", "vfork"]);
  assertEquals(recordedCalls("x86_64").size, RECORDED.length);
  assertEquals(recordedCalls("aarch64").get(222), "mmap");
});

Deno.test("argumentsOf: what is beyond a call's arguments is left out, of an unknown call nothing", () => {
  assertEquals(argumentsOf("munmap", [1, 2, 3, 4, 5, 6]), [1, 2]);
  assertEquals(argumentsOf("munlockall", [1, 2, 3, 4, 5, 6]), []);
  assertEquals(argumentsOf("no_such_call", [1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
});

Deno.test("isRecorded: prctl, prlimit64 and personality only where they change something", () => {
  const PR_SET_NAME = 15, PR_SET_VMA = 0x53564d41;
  assertEquals(isRecorded("prctl", [PR_SET_NAME]), false);
  assertEquals(isRecorded("prctl", [PR_SET_VMA]), true);
  assertEquals(isRecorded("prlimit64", [0, 3, 0, 4096]), false);
  assertEquals(isRecorded("prlimit64", [0, 3, 4096, 0]), true);
  assertEquals(isRecorded("personality", [0xffffffff]), false);
  assertEquals(isRecorded("mmap", [0]), true);
  assertEquals(isRecorded("write", [1]), false);
});

Deno.test("systemCall: names that every JavaScript object has are no calls", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertEquals(systemCall(name), undefined, name);
    assertEquals(isRecorded(name, []), false, name);
    assertEquals(unmodelledBecause(name, []), "the call is not known here", name);
  }
});

Deno.test("unmodelledBecause: of prctl each option says it for itself", () => {
  assertEquals(unmodelledBecause("prctl", [0x53564d41, 0]), undefined);
  assert(unmodelledBecause("prctl", [35])?.includes("exec"));
  assert(unmodelledBecause("set_mempolicy_home_node", [])?.includes("NUMA"));
  assertEquals(unmodelledBecause("mmap", []), undefined);
  assertEquals(callName("prctl", [35]), "prctl(PR_SET_MM)");
  assertEquals(callName("mmap", [35]), "mmap");
});
