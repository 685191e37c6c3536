import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  answerOf,
  GoldenAnswers,
  type GoldenOperation,
  readGoldenBoundary,
  readGoldenLines,
  readGoldenOperations,
  showNumber,
  showValue,
} from "./golden.ts";
import { showArea } from "./operations.ts";
import { type NaiveEntry, NaiveError, NaiveRangeMap } from "./naive_range_map.ts";

type Naive = NaiveRangeMap<number>;

function showEntry(entry: NaiveEntry<number> | undefined): string {
  if (entry === undefined) return "-";
  return [entry.value, entry.first, entry.last].map(showNumber).join(" ");
}

function showDump(map: Naive): string[] {
  const lines = [...map].map((e) => [e.first, e.last, e.value].map(showNumber).join(" "));
  return [`dump ${lines.length}`, ...lines];
}

/** The reference's answer to a golden operation, in the golden form; `undefined` where it has none (nodes, cursors). */
function answer(map: Naive, { verb, operands }: GoldenOperation): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  const area = (first: number | undefined, size: number) =>
    showArea(first, first === undefined ? first : first + size - 1);
  const done = (call: () => void) => (call(), "ok");
  switch (verb) {
    case "store":
      return answerOf(() => done(() => map.store(a, b, operands[2])));
    case "insert":
      return answerOf(() => done(() => map.insert(a, b, c)));
    case "erase":
      return showValue(map.erase(a));
    case "load":
      return showValue(map.load(a));
    case "walk": {
      const { first, last, value } = map.rangeAt(a);
      return `${showValue(value)} ${showNumber(first)} ${showNumber(last)}`;
    }
    case "find":
      return showEntry(map.find(a, b));
    case "find_rev":
      return showEntry(map.findReverse(a, b));
    case "next":
      return showEntry(map.next(a, b));
    case "prev":
      return showEntry(map.previous(a, b));
    case "empty_area":
      return answerOf(() => area(map.emptyArea(c, a, b), c));
    case "empty_area_rev":
      return answerOf(() => area(map.emptyAreaReverse(c, a, b), c));
    case "alloc":
      return answerOf(() => `ok ${showNumber(map.allocate(d, c, a, b))}`);
    case "ralloc":
      return answerOf(() => `ok ${showNumber(map.allocateReverse(d, c, a, b))}`);
    case "it store":
      map.store(0x2000, 0x37ff, a); // the one store at a cursor in the boundary cases; the line before sets it there
      return undefined;
    default:
      return undefined;
  }
}

/** The part of a kernel answer that does not depend on nodes: a walk's status and an erase's widened range do. */
function comparable(verb: string, answer: string): string {
  if (verb === "walk") return answer.split(" ").slice(0, 3).join(" ");
  if (verb === "erase") return answer.split(" ")[0]!;
  return answer;
}

for (const name of ["small60", "mid600", "spanning_edge_alloc", "spanning_edge_noalloc"]) {
  Deno.test(`NaiveRangeMap: gives the kernel's answers to ${name}`, async () => {
    const answers = new GoldenAnswers(await readGoldenLines(`${name}.out.gz`));
    const map: Naive = new NaiveRangeMap();
    for (const operation of await readGoldenOperations(name)) {
      if (operation.verb === "shape") continue;
      if (operation.verb === "dump") {
        assertEquals(showDump(map), answers.nextDump());
        continue;
      }
      const theirs = answers.next();
      const ours = answer(map, operation);
      if (ours !== undefined) {
        assertEquals(ours, comparable(operation.verb, theirs), operation.line);
      }
    }
    assert(answers.exhausted);
  });
}

Deno.test("NaiveRangeMap: gives the kernel's answers to the boundary cases", async () => {
  const map: Naive = new NaiveRangeMap();
  let compared = 0;
  for (const { operation, answer: theirs } of await readGoldenBoundary()) {
    const ours = operation.verb === "dump" ? showDump(map).join(" ; ") : answer(map, operation);
    if (ours === undefined) continue;
    assertEquals(ours, comparable(operation.verb, theirs), operation.line);
    compared++;
  }
  assertEquals(compared, 95);
});

Deno.test("NaiveRangeMap: a store in the middle of a range leaves both its ends", () => {
  const map: Naive = new NaiveRangeMap();
  map.store(10, 19, 1);
  map.store(13, 15, 2);
  assertEquals([...map], [
    { first: 10, last: 12, value: 1 },
    { first: 13, last: 15, value: 2 },
    { first: 16, last: 19, value: 1 },
  ]);
});

Deno.test("NaiveRangeMap: entries from the middle of a range begin with that range", () => {
  const map: Naive = new NaiveRangeMap();
  map.store(10, 19, 1);
  map.store(30, 39, 2);
  assertEquals([...map.entries(15, 29)].map((entry) => entry.first), [10]);
  assertEquals([...map.entries(20, 30)].map((entry) => entry.first), [30]);
});

Deno.test("NaiveRangeMap: a refused insert changes nothing", () => {
  const map: Naive = new NaiveRangeMap();
  map.store(10, 19, 1);
  assertEquals(assertThrows(() => map.insert(0, 10, 2), NaiveError).code, "EEXIST");
  assertEquals([...map], [{ first: 10, last: 19, value: 1 }]);
});
