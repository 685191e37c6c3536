/**
 * The pack of a page, made once, and recorded runs read, for tests without a browser.
 *
 * @module
 */

import { stop } from "esbuild";
import { ROOT } from "../../src/command/paths.ts";
import { makePack } from "../../src/explorer/modules.ts";
import { Run } from "../../src/explorer/model/run.ts";
import { faultKey, type Pack, type PackedFault } from "../../src/explorer/pack.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { readTrace } from "../../src/trace/read.ts";

let packed: Pack | undefined;

/** The pack of the checkout. */
export async function thePack(): Promise<Pack> {
  if (packed === undefined) {
    packed = await makePack();
    await stop();
  }
  return packed;
}

/** The records of a run of `traces/`. */
export async function recordsOf(name: string): Promise<TraceRecord[]> {
  const records: TraceRecord[] = [];
  for await (const record of readTrace(`${ROOT}traces/${name}.jsonl.gz`)) records.push(record);
  return records;
}

/** A run of `traces/`, perhaps with a fault. */
export async function openRun(name: string, fault?: string): Promise<Run> {
  const pack = await thePack();
  return new Run(
    pack,
    await recordsOf(name),
    fault === undefined ? undefined : faultOf(pack, fault),
  );
}

/** A fault by its key. */
export function faultOf(pack: Pack, key: string): PackedFault {
  const found = pack.faults.find(({ name }) => faultKey(name) === key);
  if (found === undefined) throw new Error(`There is no fault ${key}`);
  return found;
}
