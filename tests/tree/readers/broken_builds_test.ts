/**
 * Builds that were broken on purpose, each of which the checks of allocation failure and of readers beside a writer
 * must refuse: a check that cannot fail proves nothing.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import type { Patch } from "../../../src/faults/patch.ts";
import { load, plant } from "../../canaries/build.ts";
import { exploreReaders, exploreWriters, type TreeBuild } from "./interleaving.ts";
import { splitsTakeWhatTheyReserve } from "../reserve_check.ts";

const BROKEN: readonly {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly check: (build: TreeBuild) => unknown;
  /** What the check says. */
  readonly says: string;
}[] = [
  {
    name: "a reserve that is short by one",
    patches: [{
      file: "src/tree/reserve.ts",
      text: "return 2 * height + 1;",
      replacement: "return 2 * height;",
    }],
    check: ({ maple }) => splitsTakeWhatTheyReserve(maple),
    says: "Values are not equal",
  },
  {
    name: "dead marks left out",
    patches: [{
      file: "src/tree/node_pool.ts",
      text: "    this.words[(node << WORD_SHIFT) + PARENT] = DEAD;\n    if (this.log",
      replacement: "    if (this.log",
    }],
    check: exploreReaders,
    says: "was never so",
  },
  {
    name: "a leaf published before it is built",
    patches: [
      {
        file: "src/tree/big_node.ts",
        text: "    const node = pool.take();\n",
        replacement:
          "    const node = pool.take();\n    this.early?.(node);\n    this.early = undefined;\n",
      },
      {
        file: "src/tree/big_node.ts",
        text: "  /** Slots in use. */\n",
        replacement: "  early: ((node: number) => void) | undefined;\n  /** Slots in use. */\n",
      },
      {
        file: "src/tree/subtree.ts",
        text: "    const last = big.count - 1;\n",
        replacement: `    const last = big.count - 1;
    const link = pool.words[(this.left << WORD_SHIFT) + PARENT]!;
    if (pool.rcu && big.level === 1 && this.left === this.right && link !== 0) {
      const at = ((link >> 4) << WORD_SHIFT) + pool.innerSlots + (link & 15);
      big.early = (node) => pool.publish(at, node);
    }
`,
      },
    ],
    check: exploreWriters,
    says: "was never so",
  },
];

for (const { name, patches, check, says } of BROKEN) {
  Deno.test(`a broken build is refused: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "maple-broken-" });
    try {
      const build = await load(await plant(folder, patches));
      assertThrows(() => check(build), Error, says);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
