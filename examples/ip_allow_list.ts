/** An allow list of IP addresses, in blocks such as `10.0.0.0/8`, `2001:db8::/32` and `::1`; the last word counts. */

import { BigIntRangeSet, RangeSet } from "@maple/mm/range-map";

export class AllowList {
  readonly #v4 = new RangeSet();
  readonly #v6 = new BigIntRangeSet();

  allow(block: string): void {
    if (block.includes(":")) this.#v6.add(...rangeOfV6(block));
    else this.#v4.add(...rangeOfV4(block));
  }

  deny(block: string): void {
    if (block.includes(":")) this.#v6.delete(...rangeOfV6(block));
    else this.#v4.delete(...rangeOfV4(block));
  }

  lets(address: string): boolean {
    if (address.includes(":")) return this.#v6.has(rangeOfV6(address)[0]);
    return this.#v4.has(rangeOfV4(address)[0]);
  }
}

function rangeOfV4(block: string): [start: number, end: number] {
  const [address = "", bits = "32"] = block.split("/");
  const first = address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(bits));
  return [first - first % size, first - first % size + size];
}

function rangeOfV6(block: string): [start: bigint, end: bigint] {
  const [address = "", bits = "128"] = block.split("/");
  const [head = [], tail = []] = address.split("::").map((half) => half.match(/[^:]+/g) ?? []);
  const groups = [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  const first = groups.reduce((number, group) => number << 16n | BigInt(`0x${group}`), 0n);
  const size = 1n << (128n - BigInt(bits));
  return [first - first % size, first - first % size + size];
}
