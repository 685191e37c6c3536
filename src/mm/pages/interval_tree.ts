/**
 * Intervals that may overlap, and which of them hold a point: what the reverse map looks VMAs up
 * in. Plays the part of `struct interval_tree` (Linux include/linux/interval_tree_generic.h), where
 * the kernel uses a red-black tree.
 *
 * This one is a treap: a search tree by first point (by age among equals) that is also a heap by a
 * number drawn for each node, which keeps it balanced without any rotation to be got wrong.
 *
 * Invariants: a node's key is above all keys on its left and below all on its right; no node's
 * priority is below its children's; `reach` is the greatest last point of the node and all below
 * it. A search leaves out a subtree whose reach ends before what it looks for.
 *
 * @module
 */

/** One item and its interval, both ends included. */
class Node<T> {
  readonly item: T;
  readonly first: number;
  readonly last: number;
  readonly age: number;
  readonly priority: number;
  reach: number;
  left: Node<T> | null = null;
  right: Node<T> | null = null;

  constructor(item: T, first: number, last: number, age: number) {
    this.item = item;
    this.first = first;
    this.last = last;
    this.age = age;
    this.priority = scramble(age);
    this.reach = last;
  }
}

/**
 * Items by interval.
 *
 * | method | complexity, expected |
 * |---|---|
 * | `add`, `delete`, `move` | O(log n) |
 * | `overlapping`, `some` | O(log n + items found) |
 * | `finds` | O(log n) |
 * | `has` | O(1) |
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new IntervalTree<string>();
 * tree.add("text", 0, 9);
 * tree.add("data", 5, 20);
 * assertEquals([...tree.overlapping(7, 7)], ["text", "data"]);
 * ```
 */
export class IntervalTree<T> {
  readonly #nodes = new Map<T, Node<T>>();
  #root: Node<T> | null = null;
  #age = 0;

  /** Items in the tree. */
  get size(): number {
    return this.#nodes.size;
  }

  /** True if the item is in the tree. */
  has(item: T): boolean {
    return this.#nodes.has(item);
  }

  /**
   * Adds an item under `[first, last]`.
   *
   * @throws {RangeError} the interval ends before it begins, or the item is in the tree already
   */
  add(item: T, first: number, last: number): void {
    if (!(first <= last)) throw new RangeError(`Cannot add ${first}-${last}: it ends too early`);
    if (this.has(item)) throw new RangeError(`Cannot add ${first}-${last}: the item is there`);
    const node = new Node(item, first, last, this.#age++);
    this.#nodes.set(item, node);
    this.#root = insert(this.#root, node);
  }

  /** Takes an item out; false if it was not in. */
  delete(item: T): boolean {
    const node = this.#nodes.get(item);
    if (node === undefined) return false;
    this.#nodes.delete(item);
    this.#root = remove(this.#root!, node);
    return true;
  }

  /** Gives an item of the tree another interval. */
  move(item: T, first: number, last: number): void {
    const node = this.#nodes.get(item);
    if (node === undefined || (node.first === first && node.last === last)) return;
    this.delete(item);
    this.add(item, first, last);
  }

  /**
   * Visits the items whose interval holds a point, by their first points, until `visit` answers true.
   *
   * @returns true if it did
   */
  some(point: number, visit: (item: T) => boolean): boolean {
    return visitAt(this.#root, point, visit);
  }

  /** True if a search for `point` comes upon the item, which need not be in the tree. */
  finds(item: T, point: number): boolean {
    const sought = this.#nodes.get(item);
    if (sought === undefined) return false;
    let node = this.#root;
    while (node !== null && node.reach >= point && node !== sought) {
      if (isBelow(sought, node)) node = node.left;
      else node = node.first > point ? null : node.right;
    }
    return node === sought && node.reach >= point && node.first <= point && point <= node.last;
  }

  /** The items whose interval shares a point with `[first, last]`, by their first points. */
  overlapping(first: number, last: number): T[] {
    const found: T[] = [];
    search(this.#root, first, last, found);
    return found;
  }
}

/** Collects what overlaps `[first, last]` in the subtree of `node`. */
function search<T>(node: Node<T> | null, first: number, last: number, found: T[]): void {
  for (; node !== null && node.reach >= first; node = node.right) {
    search(node.left, first, last, found);
    if (node.first > last) return;
    if (node.last >= first) found.push(node.item);
  }
}

/** Visits what holds `point` in the subtree of `node`; true if a visit ended it. */
function visitAt<T>(node: Node<T> | null, point: number, visit: (item: T) => boolean): boolean {
  for (; node !== null && node.reach >= point; node = node.right) {
    if (node.left !== null && visitAt(node.left, point, visit)) return true;
    if (node.first > point) return false;
    if (node.last >= point && visit(node.item)) return true;
  }
  return false;
}

/** The tree with `node` in it; its root. */
function insert<T>(root: Node<T> | null, node: Node<T>): Node<T> {
  if (root === null) return node;
  if (node.priority > root.priority) {
    splitAround(root, node, node);
    return updated(node);
  }
  if (isBelow(node, root)) root.left = insert(root.left, node);
  else root.right = insert(root.right, node);
  return updated(root);
}

/** Hangs what is below `key` on the left of `parts`, which has nothing yet, what is above it on the right. */
function splitAround<T>(
  root: Node<T> | null,
  key: Node<T>,
  parts: { left: Node<T> | null; right: Node<T> | null },
): void {
  if (root === null) return;
  const halves: { left: Node<T> | null; right: Node<T> | null } = { left: null, right: null };
  if (isBelow(key, root)) {
    splitAround(root.left, key, halves);
    root.left = halves.right;
    parts.left = halves.left;
    parts.right = updated(root);
  } else {
    splitAround(root.right, key, halves);
    root.right = halves.left;
    parts.left = updated(root);
    parts.right = halves.right;
  }
}

/** The tree without `node`, which is in it; its root. */
function remove<T>(root: Node<T>, node: Node<T>): Node<T> | null {
  if (root === node) return join(root.left, root.right);
  if (isBelow(node, root)) root.left = remove(root.left!, node);
  else root.right = remove(root.right!, node);
  return updated(root);
}

/** One tree of two, all keys of `low` below those of `high`. */
function join<T>(low: Node<T> | null, high: Node<T> | null): Node<T> | null {
  if (low === null) return high;
  if (high === null) return low;
  if (low.priority > high.priority) {
    low.right = join(low.right, high);
    return updated(low);
  }
  high.left = join(low, high.left);
  return updated(high);
}

function isBelow<T>(a: Node<T>, b: Node<T>): boolean {
  return a.first < b.first || (a.first === b.first && a.age < b.age);
}

/** The node with its reach made anew from its children's. */
function updated<T>(node: Node<T>): Node<T> {
  node.reach = Math.max(node.last, node.left?.reach ?? -1, node.right?.reach ?? -1);
  return node;
}

/** A number that looks drawn at random, the same in every run (the finaliser of MurmurHash3). */
function scramble(value: number): number {
  let hash = value + 1;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
