// Compiled by TypeScript in strict mode with no library but ES2022's: neither a browser's nor Node's.

import { BigIntRangeMap, RangeMap, RangeSet } from "@maple/mm/range-map";
import { MapleTree } from "@maple/mm/tree";

export const value: string | undefined = new RangeMap<string>().set(0, 5, "a").get(3);
export const gap: bigint | undefined = new BigIntRangeMap<string>().firstGap(3n);
export const size: number = new RangeSet().size + new MapleTree<number>().size;
