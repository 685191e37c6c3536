/**
 * What stores do to the nodes of a tree, told while they do it.
 *
 * A pool has one nullable field for it ({@linkcode Logged}); stores of a tree without a log pay one comparison.
 * The incremental validator and the explorer are told so which nodes to look at.
 *
 * The order within one store: nodes are `made`, filled, put into the tree by a slot of their parent or by the root
 * word, and those that they replace then `died`. A store that fits its leaf makes no node: it is told of by `rewritten`
 * alone. Gaps that change in the parents are told of last. A listener may read the pool; it must not write it.
 *
 * @module
 */

/** Is told of every change that stores make. */
export interface WriteLog {
  /** `node` was taken from the pool, and will be filled; what it holds now is left from before. */
  made(node: number): void;
  /** `node` is no longer in the tree. It waits for readers, or is `freed` next. */
  died(node: number): void;
  /** `node` is on the free list. */
  freed(node: number): void;
  /**
   * `node`, which stays in the tree, was changed in place: slots `from … to` hold something new, and what followed them
   * has moved by `shift` slots, to the right if positive. `to` is `from - 1` if slots only went.
   */
  rewritten(node: number, from: number, to: number, shift: number): void;
  /** The gap that inner node `node` records for `slot` was changed. */
  gapRecorded(node: number, slot: number): void;
  /** Every node of the tree has got another id: `compact`. */
  renumbered(): void;
}

/** What tells one log of its changes, or several through one: a `NodePool`. */
export interface Logged {
  /** Undefined where nobody is told. */
  log: WriteLog | undefined;
}

/**
 * Has `log` told of every store from now on, beside those that are told already.
 *
 * @returns ends that when disposed; a second time does nothing
 */
export function attach(pool: Logged, log: WriteLog): Disposable {
  const logs = pool.log instanceof Several
    ? pool.log.logs
    : pool.log === undefined
    ? []
    : [pool.log];
  pool.log = logs.length === 0 ? log : new Several([...logs, log]);
  return { [Symbol.dispose]: () => detach(pool, log) };
}

function detach(pool: Logged, log: WriteLog): void {
  if (pool.log === log) pool.log = undefined;
  if (!(pool.log instanceof Several)) return;
  const logs = pool.log.logs.filter((other) => other !== log);
  pool.log = logs.length > 1 ? new Several(logs) : logs[0];
}

/** Tells several. */
class Several implements WriteLog {
  readonly logs: readonly WriteLog[];

  constructor(logs: readonly WriteLog[]) {
    this.logs = logs;
  }

  made(node: number): void {
    for (const log of this.logs) log.made(node);
  }

  died(node: number): void {
    for (const log of this.logs) log.died(node);
  }

  freed(node: number): void {
    for (const log of this.logs) log.freed(node);
  }

  rewritten(node: number, from: number, to: number, shift: number): void {
    for (const log of this.logs) log.rewritten(node, from, to, shift);
  }

  gapRecorded(node: number, slot: number): void {
    for (const log of this.logs) log.gapRecorded(node, slot);
  }

  renumbered(): void {
    for (const log of this.logs) log.renumbered();
  }
}
