/**
 * A trace's records as steps: what changes, or shows, an address space.
 *
 * @module
 */

import type { Image } from "../mm/calls/exec.ts";
import { userAddresses } from "../mm/rlimit.ts";
import {
  type AddressSpaceOptions,
  CommitLedger,
  type OvercommitMode,
} from "../mm/memory_descriptor.ts";
import type {
  EnterRecord,
  ExecRecord,
  ExitRecord,
  FaultRecord,
  ForkRecord,
  GrowRecord,
  HeaderRecord,
  LeaveRecord,
  TraceRecord,
} from "../trace/format.ts";
import { type Action, decode } from "./decode.ts";
import type { DirectCall } from "./direct_call.ts";
import { TraceFiles } from "./files.ts";
import { importedAction } from "./imported/actions.ts";
import { HIGHEST_ADDRESS } from "./imported/occupied.ts";
import { imageOf } from "./image.ts";
import type { ReplayAssumptions } from "./assumptions.ts";
import { type KernelRules, kernelRules, overrideRules } from "../mm/rules/kernel_rules.ts";
import { rulesOf } from "./rules.ts";

/** A new program in a process. */
export interface ExecStep {
  /** What the step is. */
  readonly type: "exec";
  /** The record it was made from. */
  readonly record: ExecRecord;
  /** The process. */
  readonly pid: number;
  /** What the new program's address space starts as. */
  readonly image: Image;
  /** What the address space is made with. */
  readonly options: AddressSpaceOptions;
}

/** A call that returned. */
export interface CallStep {
  /** What the step is. */
  readonly type: "call";
  /** The record it was made from. */
  readonly record: LeaveRecord;
  /** The call as it entered the kernel. */
  readonly enter: EnterRecord;
  /** The process. */
  readonly pid: number;
  /** What the model does; undefined if nothing. */
  readonly action: Action | undefined;
  /** The same as data, if the call is one of those that programs make most. */
  readonly direct?: DirectCall | undefined;
  /** Why the model does nothing, if the call may have changed something in the kernel. */
  readonly unmodelled: string | undefined;
}

/** A new process. */
export interface ForkStep {
  /** What the step is. */
  readonly type: "fork";
  /** The record it was made from. */
  readonly record: ForkRecord;
  /** The process. */
  readonly pid: number;
}

/** A touched page: the first write of a VMA, or one that makes a stack grow. */
export interface TouchStep {
  /** What the step is. */
  readonly type: "touch";
  /** The record it was made from. */
  readonly record: FaultRecord | GrowRecord;
  /** The process. */
  readonly pid: number;
  /** The address touched. */
  readonly address: number;
}

/** The end of a process. */
export interface ExitStep {
  /** What the step is. */
  readonly type: "exit";
  /** The record it was made from. */
  readonly record: ExitRecord;
  /** The process. */
  readonly pid: number;
}

/** What one step does. */
export type Step = ExecStep | CallStep | ForkStep | TouchStep | ExitStep;

const OVERCOMMIT: readonly OvercommitMode[] = ["heuristic", "always", "never"];

/** Turns records into steps, one after the other. */
export class StepReader {
  /** The header, once it was read. */
  header: HeaderRecord | undefined;
  readonly #assumed: ReplayAssumptions;
  #options: AddressSpaceOptions = {};
  readonly #files = new TraceFiles();
  readonly #entered = new Map<number, EnterRecord>();

  /** A reader of a trace from its header on. */
  constructor(assumed: ReplayAssumptions = {}) {
    this.#assumed = assumed;
  }

  /** The rules that the trace is replayed by. */
  get rules(): KernelRules {
    return this.#options.rules ?? kernelRules();
  }

  /** The step that a record is, undefined for one that is none. */
  read(record: TraceRecord): Step | undefined {
    switch (record.type) {
      case "header":
        this.header = record;
        this.#options = optionsOf(record, this.#assumed);
        return undefined;
      case "exec":
        return {
          type: "exec",
          record,
          pid: record.pid,
          image: imageOf(
            record,
            this.#options.taskSize ?? Infinity,
            this.#options.rules ?? kernelRules(),
          ),
          options: this.#optionsOf(record),
        };
      case "enter":
        this.#entered.set(record.pid, record);
        return undefined;
      case "leave":
        return this.#call(record);
      case "fork":
        return { type: "fork", record, pid: record.pid };
      case "fault":
        return { type: "touch", record, pid: record.pid, address: record.address };
      case "grow":
        return { type: "touch", record, pid: record.pid, address: record.start };
      case "exit":
        return { type: "exit", record, pid: record.pid };
      case "end":
        return undefined;
    }
  }

  /** An unknown privilege is taken for there: the default of an address space. */
  #optionsOf(record: ExecRecord): AddressSpaceOptions {
    const capIpcLock = record.ipcLock ?? this.header?.ipcLock;
    return capIpcLock === undefined ? this.#options : { ...this.#options, capIpcLock };
  }

  /** An old header does not say who may map below mmap_min_addr: the answers of calls that place memory tell. */
  #grantedLow(action: Action, { call, result, error }: LeaveRecord): Action {
    const { rawIo, mmapMinAddress = 0 } = this.header ?? {};
    const mayTell = PLACING.has(call) && (error !== undefined || result < mmapMinAddress);
    if (rawIo !== undefined || !mayTell) return action;
    return (space) => {
      space.descriptor.capSysRawio = error !== "EPERM";
      return action(space);
    };
  }

  #call(record: LeaveRecord): CallStep {
    const enter = this.#entered.get(record.pid) ??
      { type: "enter", pid: record.pid, call: record.call, args: [] };
    const { protectionKeys } = this.header ?? {};
    const call = {
      ...{ enter, leave: record, files: this.#files },
      ...(protectionKeys !== undefined && { protectionKeys }),
    };
    const decoded = decode(call);
    const isAction = typeof decoded === "function";
    const modelled = isAction ? this.#grantedLow(decoded, record) : undefined;
    const isImported = this.header?.fidelity === "imported";
    const action = isImported ? importedAction(call, modelled) : modelled;
    const unmodelled = isAction ? undefined : decoded?.unmodelled;
    const direct = action?.direct;
    return { type: "call", record, enter, pid: record.pid, action, direct, unmodelled };
  }
}

/** Calls by which a program may want memory at a place of its choice; they return the place. */
const PLACING: ReadonlySet<string> = new Set(["mmap", "mremap", "shmat"]);

/** Where the user's addresses end: the header says so, or the machine. */
function addressesOf(
  header: HeaderRecord,
): Pick<AddressSpaceOptions, "taskSize" | "mapWindow"> {
  const usual = userAddresses(header.machine, header.pageTableLevels);
  const { taskSize = usual.taskSize } = header;
  return { taskSize, ...(usual.mapWindow < taskSize && { mapWindow: usual.mapWindow }) };
}

/** What the header says about every address space of the trace. */
function optionsOf(header: HeaderRecord, assumed: ReplayAssumptions): AddressSpaceOptions {
  const rules = overrideRules(rulesOf(header), assumed.rules ?? {});
  const hugePages = assumed.hugePages ?? header.hugePages;
  const commit = new CommitLedger();
  commit.mode = OVERCOMMIT[header.overcommitMemory ?? 0] ?? "heuristic";
  commit.memoryPages = Math.floor((header.memoryBytes ?? Infinity) / header.pageSize);
  // What an imported call is known to have got is not refused for limits that may have been others.
  if (header.fidelity === "imported") {
    return {
      rules,
      maxMapCount: header.maxMapCount,
      mmapMinAddress: 0,
      taskSize: HIGHEST_ADDRESS,
      commit,
    };
  }
  return {
    rules,
    ...(hugePages && { hugePages }),
    capSysRawio: header.rawIo ?? false,
    maxMapCount: header.maxMapCount,
    mmapMinAddress: header.mmapMinAddress,
    ...(header.hintMinAddress !== undefined && { hintMinAddress: header.hintMinAddress }),
    ...addressesOf(header),
    ...(header.protectionKeys !== undefined && { protectionKeys: header.protectionKeys }),
    commit,
  };
}
