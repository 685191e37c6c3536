/**
 * The processes of a trace, each with its address space: what steps are applied to.
 *
 * @module
 */

import { AddressSpace } from "../mm/address_space.ts";
import { inherit } from "../mm/calls/exec.ts";
import type { AddressSpaceOptions } from "../mm/memory_descriptor.ts";
import { MmError } from "../mm/error.ts";
import { ReplayError } from "./replay_error.ts";
import type { TreeObserver } from "../mm/vma_tree.ts";
import * as direct from "./direct_call.ts";
import type { ExecStep, ForkStep, Step } from "./step.ts";

const { perform: performDirect } = direct;

/**
 * Processes by their number. Those made with vfork or CLONE_VM share an address space until exec or
 * exit.
 */
export class System {
  readonly #observe: ((space: AddressSpace) => TreeObserver) | undefined;
  readonly #options: AddressSpaceOptions;
  readonly #processes = new Map<number, AddressSpace>();
  readonly #users = new Map<AddressSpace, number>();
  /** The process of the last step, which is mostly that of the next one too; undefined if it may be another's space. */
  #recent: AddressSpace | undefined;
  #recentPid = 0;

  /**
   * A system without processes.
   *
   * @param observe gives the observer of a new address space's tree
   * @param options of every address space, instead of what the trace says: the pages of a machine, its commit
   * ledger
   */
  constructor(
    observe?: (space: AddressSpace) => TreeObserver,
    options: AddressSpaceOptions = {},
  ) {
    this.#observe = observe;
    this.#options = options;
  }

  /** The address space of a process, undefined if there is no such process. */
  space(pid: number): AddressSpace | undefined {
    return this.#processes.get(pid);
  }

  /**
   * The address space of a process that must be there.
   *
   * @throws {ReplayError} the trace does not introduce it
   */
  spaceOf(pid: number): AddressSpace {
    if (this.#recent !== undefined && this.#recentPid === pid) return this.#recent;
    const space = this.space(pid);
    if (space === undefined) {
      throw new ReplayError(`Cannot replay process ${pid}: the trace does not introduce it`);
    }
    this.#recent = space;
    this.#recentPid = pid;
    return space;
  }

  /** Ends every process of an address space, which is torn down with the last one. O(processes). */
  kill(space: AddressSpace): void {
    for (const [pid, its] of this.#processes) if (its === space) this.#leave(pid);
  }

  /** The address spaces that are in use. */
  spaces(): Iterable<AddressSpace> {
    return this.#users.keys();
  }

  /**
   * A system with the same processes, each in the copy of its address space.
   *
   * @param copySpace is called once for each address space that is in use
   * @param observe gives the observer of a copied or new address space's tree
   */
  copy(
    copySpace: (space: AddressSpace) => AddressSpace,
    observe?: (space: AddressSpace) => TreeObserver,
  ): System {
    const twin = new System(observe);
    const copies = new Map<AddressSpace, AddressSpace>();
    for (const [space, users] of this.#users) {
      const copy = copySpace(space);
      if (observe) copy.treeObserver = observe(copy);
      copies.set(space, copy);
      twin.#users.set(copy, users);
    }
    for (const [pid, space] of this.#processes) twin.#processes.set(pid, copies.get(space)!);
    return twin;
  }

  /**
   * Does what a step says.
   *
   * @returns the result of a call, 0 for other steps and for calls that do not change the model
   * @throws {MmError} what the call throws
   */
  apply(step: Step): number {
    switch (step.type) {
      case "call":
        return step.action?.(this.spaceOf(step.pid)) ?? step.record.result;
      case "touch":
        this.spaceOf(step.pid).fault(step.address, "force");
        return 0;
      case "exec":
        this.#exec(step);
        return 0;
      case "fork":
        this.#fork(step);
        return 0;
      case "exit":
        this.#leave(step.pid);
        return 0;
    }
  }

  /** The result of a step; of a call that is refused its errno, below 0. As {@linkcode apply}, and faster. */
  perform(step: Step): number {
    try {
      if (step.type !== "call" || step.direct === undefined) return this.apply(step);
      return performDirect(this.spaceOf(step.pid).descriptor, step.direct);
    } catch (error) {
      if (error instanceof MmError) return -error.errno;
      throw error;
    }
  }

  #exec(step: ExecStep): void {
    const space = new AddressSpace({ ...step.options, ...this.#options });
    const former = this.space(step.pid);
    if (former !== undefined) inherit(former.descriptor, space.descriptor);
    this.#enter(step.pid, space);
    space.exec(step.image);
  }

  #fork(step: ForkStep): void {
    const parent = this.spaceOf(step.pid);
    this.#enter(step.record.child, step.record.sharesMemory ? parent : parent.fork());
  }

  /** Puts a process into an address space, and out of the one it was in. */
  #enter(pid: number, space: AddressSpace): void {
    this.#leave(pid);
    if (this.#observe && !this.#users.has(space)) space.treeObserver = this.#observe(space);
    this.#processes.set(pid, space);
    this.#users.set(space, (this.#users.get(space) ?? 0) + 1);
  }

  /** Takes a process out of its address space; the last one tears it down. */
  #leave(pid: number): void {
    const space = this.space(pid);
    if (space === undefined) return;
    this.#recent = undefined;
    this.#processes.delete(pid);
    const users = this.#users.get(space)! - 1;
    if (users > 0) {
      this.#users.set(space, users);
      return;
    }
    this.#users.delete(space);
    space.exit();
  }
}
