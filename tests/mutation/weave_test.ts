import { assert, assertEquals, assertThrows } from "@std/assert";
import { changeOf, type Mutant, mutantsOf } from "./mutants.ts";
import { differs, state } from "./switch.ts";
import { weave } from "./weave.ts";

const SWITCHES = new URL("./switch.ts", import.meta.url);
const SOURCE = `
/** A sample with something of everything. */
export function sample(list: readonly number[], limit: number): number {
  let sum = 0;
  if (limit < 3 && !list.includes(9)) throw new RangeError(\`Cannot sum: \${limit + 1} is too low\`);
  for (const item of list) {
    if (item === 4) continue;
    sum += item > limit ? limit : item;
    if (sum >= 20 || list.length === 0) return sum - 1;
  }
  return sum;
}
`;

type Sample = (list: readonly number[], limit: number) => number;

async function load(source: string): Promise<Sample> {
  const module = await import(`data:application/typescript,${encodeURIComponent(source)}`);
  return module.sample;
}

/** What it answers to a few calls. */
function answers(sample: Sample): unknown[] {
  return [[[1, 2], 5], [[4, 7], 3], [[9, 9, 9], 2], [[], 1], [[9, 9, 9], 8], [[1], 3]].map(
    (call) => {
      try {
        return sample(call[0] as number[], call[1] as number);
      } catch (error) {
        return String(error);
      }
    },
  );
}

function withChange(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

Deno.test("weave: with each mutant on, the function answers as if its text were changed", async () => {
  const mutants = mutantsOf("sample.ts", SOURCE);
  assert(mutants.length > 20);
  const woven = await load(weave("sample.ts", SOURCE, 1, SWITCHES));
  state.active = 0;
  differs.fill(0);
  const plain = answers(woven);
  assertEquals(plain, answers(await load(SOURCE)));
  const differing = new Set([...differs.keys()].filter((mutant) => differs[mutant] === 1));
  for (const [i, mutant] of mutants.entries()) {
    state.active = i + 1;
    const now = answers(woven);
    assertEquals(now, answers(await load(withChange(SOURCE, mutant))), changeOf(SOURCE, mutant));
    const isSeen = JSON.stringify(now) !== JSON.stringify(plain);
    assert(
      !isSeen || differing.has(i + 1),
      `${changeOf(SOURCE, mutant)} was not expected to differ`,
    );
  }
  state.active = 0;
});

Deno.test("weave: a loop that does not end is ended", async () => {
  const endless = "export function sample() { for (;;) {} }";
  const woven = await load(weave("sample.ts", endless, 1, SWITCHES));
  Object.assign(state, { active: 0, turns: 0, mostTurns: 1000 });
  assertThrows(() => woven([], 0), Error, "does not end");
  state.mostTurns = Infinity;
});

Deno.test("changeOf: says which one it is where a line has several", () => {
  const source = "export const f = (a: number) => a + a + a;\n";
  const changes = mutantsOf("f.ts", source).map((mutant) => changeOf(source, mutant));
  assertEquals(changes.toSorted(), ["+ ▸ -", "+ ▸ - (2)"]);
});
