/** Every source is mutated, or a reason is given. */

import { assert, assertEquals } from "@std/assert";
import { areaOf, AREAS, LEFT_OUT, modules, sourceFiles } from "./areas.ts";

const FILES = await Array.fromAsync(modules("src/"));

Deno.test("mutation: every file of src belongs to an area, or is left out for a reason", async () => {
  assert(FILES.length > 300, "the sources were found");
  const mutated = new Set(await sourceFiles());
  const wrong = FILES.filter((file) => {
    const reasons = LEFT_OUT.filter(({ files }) => files.test(file)).length;
    return mutated.has(file) === reasons > 0;
  });
  assertEquals(wrong, []);
});

Deno.test("mutation: no area and no reason is about files that are gone", () => {
  const unused = AREAS.flatMap((area) =>
    area.sources.filter((source) =>
      !FILES.some((file) => areaOf(file) === area && file.startsWith(source))
    )
  );
  assertEquals(unused, []);
  assertEquals(LEFT_OUT.filter(({ files }) => !FILES.some((file) => files.test(file))), []);
});

Deno.test("mutation: the tests of each area are there", async () => {
  for (const path of AREAS.flatMap(({ tests }) => tests)) {
    await Deno.stat(new URL(`../${path}`, import.meta.url));
  }
});
