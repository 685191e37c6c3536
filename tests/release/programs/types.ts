// Compiled by TypeScript in strict mode, not run: the types of the package are right, and wrong uses are refused.

import {
  AddressSpace,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MmError,
  PROT_READ,
} from "@maple/mm/address-space";
import {
  BigIntRangeMap,
  BigIntRangeSet,
  type GapOptions,
  type KeyRange,
  type RangeColumns,
  type RangeEntry,
  RangeMap,
  RangeSet,
} from "@maple/mm/range-map";
import { replay, type ReplayReport } from "@maple/mm/replay";
import { readTrace, type TraceRecord } from "@maple/mm/trace";
import { type Entry, MapleError, type MapleState, MapleTree, SharedReader } from "@maple/mm/tree";
import type { RangeMap as SameRangeMap } from "@maple/mm";

const map: RangeMap<string> = new RangeMap<string>({ coalesce: (a, b) => a === b }).set(0, 5, "a");
const same: SameRangeMap<string> = map;
const value: string | undefined = same.get(3);
const entry: RangeEntry<string> | undefined = map.getEntry(3);
const columns: RangeColumns<string> = map.toColumns();
const starts: Float64Array = columns.starts;
const options: GapOptions = { within: { start: 0 }, align: 8 };
const gap: number | undefined = map.firstGap(3, options);
for (const { start, end, value } of map) console.log(start + end, value.length);
for (const range of map.gaps(0, 9)) console.log((range satisfies KeyRange).start);
const big: bigint | undefined = new BigIntRangeMap<number>().firstGap(1n);
const ranges: KeyRange<bigint>[] = new BigIntRangeSet().add(0n, 5n).toArray();
const set: RangeSet = RangeSet.from([{ start: 0, end: 3 }]).union(new RangeSet());
map.update(0, 9, (old = "") => old + "x");

const tree = new MapleTree<number>({ gaps: true });
const state: MapleState<number> = tree.state(0);
const found: Entry<number> | undefined = tree.find(0);
const area: number | undefined = tree.emptyArea(5);
const reader: SharedReader = new SharedReader(tree.share());
const mm = new AddressSpace();
const address: number = mm.mmap({
  length: 1,
  protection: PROT_READ,
  flags: MAP_PRIVATE | MAP_ANONYMOUS,
});
const records: AsyncIterable<TraceRecord> = readTrace(new Response("").body!);
const report: Promise<ReplayReport> = replay(records);
const errors: string[] = [new MapleError("EEXIST", "").code, new MmError("ENOMEM", "").code];

// @ts-expect-error: a key is a number
map.get("3");
// @ts-expect-error: a value is a string
map.set(0, 5, 7);
// @ts-expect-error: bigint keys are for the bigint map
map.set(0n, 5n, "a");
// @ts-expect-error: a bigint map takes no numbers
new BigIntRangeMap<string>().get(3);
// @ts-expect-error: an entry cannot be written to
if (entry !== undefined) entry.start = 3;

export {
  address,
  area,
  big,
  columns,
  errors,
  found,
  gap,
  ranges,
  reader,
  report,
  set,
  starts,
  state,
  value,
};
