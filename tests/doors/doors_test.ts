/** Ten thousand damaged texts; `deno task doors` sends a million. */

import { assert, assertEquals } from "@std/assert";
import { DOORS } from "./doors.ts";
import { fuzz } from "./fuzz.ts";

const INPUTS = Math.ceil(10_000 / DOORS.length);

for (const door of DOORS) {
  Deno.test(`doors: ${door.name} takes what is not damaged, if it is meant for this door`, async () => {
    let taken = 0;
    for (const sample of door.samples) {
      try {
        await door.enter(sample);
        taken++;
      } catch (error) {
        // Texts of calls and of layouts are samples for both doors.
        assert(door.isDocumented(error) && /^(import|explain)$/.test(door.name), String(error));
      }
    }
    assert(taken >= door.samples.length / 3);
  });

  Deno.test(`doors: ${door.name} gives a result or its documented error`, async () => {
    assertEquals(await fuzz(door, { seed: 0x2022, inputs: INPUTS }), []);
  });
}

Deno.test("doors: an error that is not documented, and one that takes too long to come, are findings", async () => {
  const door = {
    name: "broken",
    samples: ["abc"],
    enter: (text: string) => {
      if (text.length > 2) throw new TypeError("text.foo is not a function");
    },
    isDocumented: () => false,
  };
  const findings = await fuzz(door, { seed: 1, inputs: 50 });
  assertEquals(findings.length, 1);
  assert(findings[0]!.what.startsWith("throws TypeError"));
});
