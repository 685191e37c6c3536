// Runs every part of the package in Node, Bun or Deno: `run.mjs TRACE`.

import { readFileSync } from "node:fs";
import process from "node:process";
import { everyPart } from "./every_part.mjs";

console.log(JSON.stringify(await everyPart(readFileSync(process.argv[2]))));
