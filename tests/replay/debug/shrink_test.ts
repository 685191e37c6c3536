import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { reduce } from "../../../src/replay/debug/reduce.ts";
import { formatTest } from "../../../src/replay/debug/reproducer.ts";
import { shrink } from "../../../src/replay/debug/shrink.ts";
import { failureOf, shrinkWrites } from "../../../src/replay/debug/shrink_operations.ts";
import { readTrace } from "../../../src/trace/read.ts";
import { writeTrace } from "../../../src/trace/write.ts";
import { withPlanted } from "../../canaries/planted.ts";
import { present } from "../../present.ts";
import { recordsOf } from "../traces.ts";

/** Everything in `items` fails that has all of `needed`. */
function needing(needed: readonly number[]) {
  return (items: readonly number[]) => needed.every((item) => items.includes(item));
}

Deno.test("reduce: keeps what is needed, in order, and nothing else", () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  for (const needed of [[0], [99], [3, 50, 51, 97], items]) {
    assertEquals(reduce(items, needing(needed)), needed);
  }
  assertEquals(reduce(items, () => true), []);
});

Deno.test("reduce: from what is left no single item can be removed", () => {
  // Either both of a pair or none: a pair goes only as a whole.
  const fails = (items: readonly number[]) =>
    items.includes(40) && [10, 11].filter((item) => items.includes(item)).length !== 1;
  const left = reduce(Array.from({ length: 60 }, (_, i) => i), fails);
  for (const item of left) assert(!fails(left.filter((other) => other !== item)));
});

Deno.test("reduce: what can only go once another item has gone, goes too", () => {
  // The last item is needed as long as the first is there.
  const fails = (items: readonly number[]) =>
    needing([1, 2])(items) && (!items.includes(0) || items.includes(3));
  assertEquals(reduce([0, 1, 2, 3], fails), [1, 2]);
});

Deno.test("shrink: a sound trace is not reduced", async () => {
  assertEquals(await shrink(await recordsOf("cc1-hello")), undefined);
  assertEquals(failureOf([{ first: 0, last: 9, value: 1 }]), undefined);
});

Deno.test("shrinkWrites: a list that does not fail stays as it is", () => {
  const writes = [{ first: 5, last: 9, value: 3 }, { first: 7, last: 8, value: 0 }];
  assertEquals(shrinkWrites(writes), writes);
});

Deno.test("shrink: the stale slot of 2022 is left with at most 20 operations, and nothing too much", async () => {
  await withPlanted("stale slot kept", async (build) => {
    const shrunk = present(await build.shrink.shrink(await recordsOf("cc1-2022")));
    assertEquals(shrunk.failure.rule, "pivots rise");
    assert(shrunk.steps.after <= 20, `${shrunk.steps.after} steps are left`);
    const writes = present(shrunk.writes);
    assert(writes.length <= 20);

    // It is a trace: written, read again, and replayed it fails the same way.
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const [records] = await Promise.all([
      Array.fromAsync(readTrace(readable)),
      writeTrace(shrunk.records, writable, { gzip: true }),
    ]);
    const again = present(await build.shrink.shrink(records));
    assertEquals(again.failure.rule, "pivots rise");
    assertEquals(again.steps, { before: shrunk.steps.after, after: shrunk.steps.after });

    // Its writes break the planted build, and only that.
    const broken = new build.maple.MapleTree<number>({ gaps: true });
    assertEquals(failureOf(writes), undefined);
    for (const { first, last, value } of writes) {
      broken.store(first, last, value === 0 ? undefined : value);
    }
    let message = "";
    try {
      broken.validate();
    } catch (error) {
      message = `${error}`;
    }
    assertStringIncludes(message, "pivots rise");
  });
});

Deno.test("shrink: a fault of the address space is left as a trace", async () => {
  await withPlanted("count lost by a hole", async (build) => {
    const shrunk = present(await build.shrink.shrink(await recordsOf("cc1-2022")));
    assertEquals(shrunk.writes, undefined);
    assertStringIncludes(shrunk.failure.rule, "mapCount");
    assert(shrunk.steps.after <= 4, `${shrunk.steps.after} steps are left`);
    assertStringIncludes(formatTest(shrunk, "cc1-2022.jsonl.gz"), "await replay(");
  });
});

Deno.test("formatTest: the test of a tree's writes runs and passes on a sound build", async () => {
  await withPlanted("stale slot kept", async (build) => {
    const shrunk = present(await build.shrink.shrink(await recordsOf("cc1-2022")));
    const text = formatTest(shrunk, "cc1-2022.jsonl.gz");
    assertStringIncludes(text, 'Deno.test("pivots rise (reduced from cc1-2022.jsonl.gz)"');
    assertEquals(text.match(/tree\.store\(/g)?.length, shrunk.writes?.length);
    assertStringIncludes(text, "tree.validate();");
  });
});
