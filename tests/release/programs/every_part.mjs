// Uses every part of the package as a program that installed it does, and prints what a test compares. Runs in Node, Bun,
// Deno and browsers: what it needs of the system it is given.

import * as whole from "@maple/mm";
import {
  AddressSpace,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "@maple/mm/address-space";
import { BigIntRangeMap, BigIntRangeSet, RangeMap, RangeSet } from "@maple/mm/range-map";
import { replay } from "@maple/mm/replay";
import { readTrace } from "@maple/mm/trace";
import { MapleError, MapleTree, SharedReader } from "@maple/mm/tree";

/** What the parts answer, as text. `trace` are the bytes of a recorded program. */
export async function everyPart(trace) {
  return {
    sameClasses: whole.RangeMap === RangeMap && whole.MapleTree === MapleTree &&
      whole.AddressSpace === AddressSpace,
    tree: tree(),
    rangeMap: compared(RangeMap, (key) => key),
    bigIntRangeMap: compared(BigIntRangeMap, BigInt),
    sets: [RangeSet, BigIntRangeSet].map(sets),
    gaps: gaps(),
    clones: clones(),
    addressSpace: addressSpace(),
    replay: await replayed(trace),
  };
}

function tree() {
  const tree = new MapleTree({ gaps: true });
  tree.store(0x1000, 0x4fff, "heap");
  tree.store(0x2000, 0x2fff, "guard");
  for (let i = 0; i < 5_000; i++) tree.store(0x10_000 + i * 32, 0x10_00f + i * 32, i);
  for (let i = 0; i < 5_000; i += 3) tree.erase(0x10_000 + i * 32);
  tree.validate();
  let code;
  try {
    tree.insert(0x1800, 0x27ff, "data");
  } catch (error) {
    code = error instanceof MapleError && error.code;
  }
  const shared = new MapleTree({ shared: true, maxNodes: 64 });
  shared.store(5, 9, 7);
  return [
    tree.load(0x2000),
    tree.size,
    code,
    tree.emptyArea(64),
    new SharedReader(shared.share()).load(6),
  ];
}

/** A map against an array with a cell for every key, over random operations: how many were performed. */
function compared(Class, of) {
  const map = new Class();
  const cells = Array(2_000).fill(undefined);
  let state = 7;
  const random = (limit) => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) % limit;
  let done = 0;
  for (; done < 6_000; done++) {
    const start = random(cells.length);
    const end = Math.min(cells.length, start + 1 + random(done % 50 === 0 ? 300 : 8));
    const value = random(3) === 0 ? undefined : done;
    if (value === undefined) map.delete(of(start), of(end));
    else map.set(of(start), of(end), value);
    cells.fill(value, start, end);
    const key = random(cells.length);
    if (map.get(of(key)) !== cells[key]) throw new Error(`get ${key} after ${done} operations`);
    const size = 1 + random(9);
    const free = (at) => cells.slice(at, at + size).every((cell) => cell === undefined);
    let expected = key;
    while (expected + size <= cells.length && !free(expected)) expected++;
    const within = { start: of(key), end: of(cells.length) };
    const found = map.firstGap(of(size), { within });
    if (found !== (expected + size <= cells.length ? of(expected) : undefined)) {
      throw new Error(`firstGap ${size} from ${key} after ${done} operations: ${found}`);
    }
  }
  const copy = map.clone();
  for (const { start, end, value } of map) {
    if (copy.get(start) !== value) throw new Error("a clone differs");
    copy.delete(start, end);
  }
  return [done, map.size, copy.isEmpty];
}

function sets(Class) {
  const of = Class === RangeSet ? (key) => key : BigInt;
  const a = new Class().add(of(0), of(10));
  const b = new Class().add(of(5), of(15));
  return JSON.stringify([a.union(b), a.intersection(b), a.difference(b)]);
}

function gaps() {
  const map = new RangeMap().set(0, 100, "code").set(200, 300, "data");
  return [map.firstGap(50, { align: 64 }), map.lastGap(50, { within: { end: 300 } }), [
    ...map.gaps(0, 400),
  ]];
}

function clones() {
  const map = new RangeMap({ coalesce: true }).set(-5, 0, "a").set(0, 7, "a");
  const columns = RangeMap.fromColumns(structuredClone(map.toColumns()));
  return [map.size, columns.equals(map), JSON.stringify(map)];
}

function addressSpace() {
  const mm = new AddressSpace({ mmapBase: 0x7fff_f7ff_f000 });
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const arena = mm.mmap({ length: 0x6000, protection: PROT_READ | PROT_WRITE, flags });
  mm.munmap(arena + 0x2000, 0x1000);
  mm.fork().exit();
  mm.validate();
  return [mm.mapCount, mm.maps()];
}

async function replayed(trace) {
  const report = await replay(readTrace(new Blob([trace]).stream()));
  return [report.steps, report.matched, report.divergence === undefined];
}
