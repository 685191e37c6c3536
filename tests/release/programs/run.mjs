// Runs every part of the package in Node, Bun or Deno: `run.mjs TRACE`.

import { readFileSync } from "node:fs";
import process from "node:process";
import { inspect } from "node:util";
import { RangeMap } from "@maple/mm/range-map";
import { replay } from "@maple/mm/replay";
import { readTrace } from "@maple/mm/trace";
import { everyPart } from "./every_part.mjs";

const path = process.argv[2];
const parts = await everyPart(readFileSync(path));
const byPath = await replay(readTrace(path));
if (byPath.steps !== parts.replay[0]) throw new Error("a trace read by its path is another");
const missing = await replay(readTrace("missing.gz")).catch((error) => error.message);
if (!missing.includes("no such file")) throw new Error(missing);
const shown = inspect(new RangeMap().set(3, 5, 7));
if (shown !== "RangeMap { size: 1 }\n  [3, 5): 7") throw new Error(`console.log prints ${shown}`);
console.log(JSON.stringify(parts));
