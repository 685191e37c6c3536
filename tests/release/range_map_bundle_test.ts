/** The package's range maps, whose tree is specialised and renamed, beside the sources that they are made of. */

import { assertEquals } from "@std/assert";
import * as sources from "../../src/range_map/mod.ts";
import { Random } from "../../src/random.ts";
import { packed } from "./project_folder.ts";

/** The bundle as a module. */
async function bundled(): Promise<typeof sources> {
  const { files } = await packed();
  const text = new TextDecoder().decode(files.get("range-map.js"));
  return await import(`data:text/javascript,${encodeURIComponent(text)}`);
}

/** What a random program of 4,000 calls answers, and what the map holds now and then. */
function answers({ RangeMap }: typeof sources, seed: number, coalesce: boolean): unknown[] {
  const random = new Random(seed);
  const span = 200 << random.below(6);
  let map = new RangeMap<unknown>({ coalesce });
  const said: unknown[] = [];
  for (let call = 0; call < 4_000; call++) {
    const start = random.below(span) - span / 4;
    const end = start + random.below(12);
    const value = random.below(3) === 0 ? `v${random.below(3)}` : random.below(5) - 2;
    switch (random.below(12)) {
      case 0:
      case 1:
        map.delete(start, end);
        break;
      case 2:
        map.update(start, end, (old) => old === undefined ? value : undefined);
        break;
      case 3:
        said.push(map.firstGap(1 + random.below(9), { within: { start }, align: 1 + (call & 3) }));
        break;
      case 4:
        said.push(map.lastGap(1 + random.below(9), { within: { start, end: start + 99 } }));
        break;
      case 5:
        said.push(map.getEntry(start), map.ceilingEntry(start), map.floorEntry(start));
        break;
      case 6:
        said.push([...map.overlapping(start, end, { clip: true, reverse: (call & 1) === 0 })]);
        break;
      case 7:
        said.push([...map.gaps(start, end, { reverse: (call & 1) === 0 })], map.span, map.size);
        break;
      default:
        map.set(start, end, value);
    }
    if (call % 500 === 499) {
      map.forEach((held, range) => said.push(held, range));
      map.forEach((held, range) => said.push(held, range), { reverse: true });
      const copy = RangeMap.fromColumns(map.toColumns());
      said.push(copy.equals(map), map.toArray());
      if (call === 1_999) map.clear();
      else map = map.clone();
    }
  }
  return said;
}

Deno.test("package: the bundle of the range maps answers as the sources do", async () => {
  const bundle = await bundled();
  for (let seed = 1; seed <= 12; seed++) {
    const coalesce = seed % 2 === 0;
    assertEquals(answers(bundle, seed, coalesce), answers(sources, seed, coalesce), `seed ${seed}`);
  }
});

Deno.test("package: the bundle's sets, and its maps of bigints, answer as the sources do", async () => {
  const bundle = await bundled();
  const said = [bundle, sources].map(({ RangeSet, BigIntRangeMap, BigIntRangeSet }) => {
    const set = new RangeSet().add(0, 9).add(20, 30);
    set.delete(3, 5);
    const big = new BigIntRangeMap<number>().set(1n, 1n << 70n, 1).set(5n, 6n, 2);
    const bigs = new BigIntRangeSet().add(1n, 9n).union(new BigIntRangeSet().add(9n, 12n));
    return [set.toArray(), String(set), big.toJSON(), String(big), bigs.toJSON(), String(bigs)];
  });
  assertEquals(said[0], said[1]);
});
