import { assert, assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import {
  GoldenAnswers,
  parseOperation,
  readGoldenBoundary,
  readGoldenLines,
  readGoldenOperations,
} from "../golden.ts";
import { MAX_INDEX as NAIVE_MAX_INDEX } from "../naive_range_map.ts";
import { Interpreter } from "./interpreter.ts";
import { shapeOf, withoutGapSlot } from "./shape.ts";

/** Height and node count of a `stats` line, or of the tree. */
interface Size {
  readonly height: number;
  readonly nodes: number;
}

function parseStatistics(line: string): Size & { entries: number } {
  const fields = new Map(
    line.split(" ").slice(1).map((field) => {
      const [name, value] = field.split("=");
      return [name, Number(value)] as const;
    }),
  );
  return {
    height: fields.get("height")!,
    nodes: fields.get("nodes")!,
    entries: fields.get("entries")!,
  };
}

/** Never taller than the kernel's tree, never more than 5 % more nodes. */
function assertNoLarger(tree: MapleTree<number>, line: string): void {
  const kernel = parseStatistics(line);
  const { nodes } = tree.statistics();
  assert(tree.height <= kernel.height, `height ${tree.height} where the kernel has ${line}`);
  assert(nodes <= kernel.nodes * 1.05, `${nodes} nodes where the kernel has ${line}`);
  assertEquals(tree.size, kernel.entries, line);
}

const STREAMS = [
  { name: "small60", gaps: true },
  { name: "mid600", gaps: true },
  { name: "spanning_edge_alloc", gaps: true },
  { name: "spanning_edge_noalloc", gaps: false },
  { name: "cursor60", gaps: true },
  { name: "cursor60_noalloc", gaps: false },
];

for (const { name, gaps } of STREAMS) {
  Deno.test(`MapleTree: gives the kernel's answers to ${name}`, async () => {
    const answers = new GoldenAnswers(await readGoldenLines(`${name}.out.gz`));
    const interpreter = new Interpreter(new MapleTree<number>({ gaps }));
    for (const operation of await readGoldenOperations(name)) {
      switch (operation.verb) {
        case "shape":
          break;
        case "stats":
          assertNoLarger(interpreter.tree, answers.next());
          break;
        case "dump":
          assertEquals(interpreter.answer(operation), answers.nextDump());
          break;
        default:
          assertEquals(interpreter.answer(operation), [answers.next()], operation.line);
      }
    }
    assert(answers.exhausted);
  });
}

Deno.test("MapleTree: has the kernel's nodes, ranges, ends and gaps throughout small60", async () => {
  const answers = new GoldenAnswers(await readGoldenLines("small60.shape.out.gz"));
  const interpreter = new Interpreter(new MapleTree<number>({ gaps: true }));
  let shapes = 0;
  for (const operation of await readGoldenOperations("small60")) {
    switch (operation.verb) {
      case "shape":
        assertEquals(
          shapeOf(interpreter.tree),
          answers.nextShape().map(withoutGapSlot),
          `shape ${++shapes}`,
        );
        break;
      case "dump":
        answers.nextDump();
        break;
      case "stats":
        answers.next();
        break;
      default:
        answers.next();
        interpreter.answer(operation);
    }
  }
  assertEquals(shapes, 51);
});

Deno.test("MapleTree, MapleState: give the kernel's answers to the boundary cases", async () => {
  const interpreter = new Interpreter(new MapleTree<number>({ gaps: true }));
  for (const { operation, answer } of await readGoldenBoundary()) {
    if (operation.verb === "stats") assertNoLarger(interpreter.tree, answer);
    else assertEquals(interpreter.answer(operation).join(" ; "), answer, operation.line);
  }
});

Deno.test("Interpreter: a wrong golden answer is noticed", () => {
  const interpreter = new Interpreter(new MapleTree<number>());
  interpreter.answer(parseOperation("store 0x1000 0x1fff 0x1"));
  assertEquals(interpreter.answer(parseOperation("find 0 max")), ["0x1 0x1000 0x1fff"]);
  assertEquals(interpreter.answer(parseOperation("find 0x2000 max")), ["-"]);
});

Deno.test("MAX_INDEX: is the same for the tree and its reference", () => {
  assertEquals(MAX_INDEX, NAIVE_MAX_INDEX);
  assertEquals(MAX_INDEX, 2 ** 53 - 1);
});
