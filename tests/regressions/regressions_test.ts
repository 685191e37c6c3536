/**
 * Every scenario on the checkout as it is. `tests/canaries/` runs the same ones on builds with a planted fault.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { load, ROOT } from "../canaries/build.ts";
import { Stage } from "./scenario.ts";
import { SUITE } from "./suite.ts";

const plain = await load(ROOT);

for (const { row, name, run } of SUITE) {
  Deno.test(`regression ${row}: ${name}`, () => {
    const stage = new Stage(plain);
    run(stage);
    assert(stage.operations > 0);
  });
}

/** A line of README.md's table. */
interface CatalogueRow {
  readonly row: number;
  readonly scenarios: readonly string[];
  readonly canaries: readonly string[];
}

/** The catalogue as README.md has it. */
async function catalogue(): Promise<CatalogueRow[]> {
  const text = await Deno.readTextFile(new URL("README.md", import.meta.url));
  return text.split("\n").filter((line) => /^\| *\d/.test(line)).map((line) => {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    assertEquals(cells.length, 6, line);
    assert(cells.every((cell) => cell !== ""), line);
    return {
      row: Number(cells[0]),
      scenarios: cells[4]!.split("<br>"),
      canaries: cells[5]!.split("<br>"),
    };
  });
}

Deno.test("regressions: README.md names every row, its scenarios and its canaries, as the code has them", async () => {
  const rows = await catalogue();
  assertEquals(rows.map(({ row }) => row), rows.map((_, at) => at + 1));
  const known = (of: readonly { readonly row: number; readonly name: string }[]) =>
    of.map(({ row, name }) => `${row} ${name}`).sort();
  assertEquals(
    rows.flatMap(({ row, scenarios }) => scenarios.map((name) => `${row} ${name}`)).sort(),
    known(SUITE),
  );
  assertEquals(
    rows.flatMap(({ row, canaries }) => canaries.map((name) => `${row} ${name}`)).sort(),
    known(CANARIES),
  );
});

Deno.test("regressions: no two scenarios have one name", () => {
  assertEquals(new Set(SUITE.map((scenario) => scenario.name)).size, SUITE.length);
});
