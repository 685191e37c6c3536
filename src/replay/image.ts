/**
 * An exec record as the image that `AddressSpace.exec` takes.
 *
 * @module
 */

import type { Image, ImageVma } from "../mm/calls/exec.ts";
import type { ResourceLimits } from "../mm/rlimit.ts";
import type { KernelRules } from "../mm/rules/kernel_rules.ts";
import { pages } from "../abi/page.ts";
import {
  type ReadVmFlags,
  readVmFlags,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKONFAULT,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../mm/vm_flags.ts";
import type { ExecRecord, MapLine, ResourceLimits as TraceLimits } from "../trace/format.ts";
import { LayoutFiles } from "./files.ts";
import { hex } from "../abi/hex.ts";
import { ReplayError } from "./replay_error.ts";

/** Names in brackets that say what the VMA is for, but are no mappings of the kernel's own. */
const ORDINARY = /^(\[heap\]|\[stack\]|\[anon:.*)$/;

/**
 * The image that an exec record shows.
 *
 * @param taskSize first address that is not the user's
 * @throws {ReplayError} it has VMAs, or the place of new ones, beyond the user's addresses, or flags that are not known
 */
export function imageOf(record: ExecRecord, taskSize: number, rules: KernelRules): Image {
  const files = new LayoutFiles();
  const end = Math.max(record.mmapBase, record.layout.at(-1)?.end ?? 0);
  if (end > taskSize) {
    throw new ReplayError(
      `Cannot replay process ${record.pid}: its layout reaches to ${
        hex(end)
      }, beyond the user's addresses`,
    );
  }
  return {
    vmas: record.layout.map((line) => imageVma(line, files, rules)),
    startBrk: record.brk,
    startStack: record.stack,
    mmapBase: record.mmapBase,
    legacyLayout: record.legacyLayout,
    ...(record.readImpliesExec !== undefined && { readImpliesExec: record.readImpliesExec }),
    limits: limitsOf(record.limits),
  };
}

/** Soft limits as the model has them: an absent one is `Infinity`. */
export function limitsOf(limits: TraceLimits): ResourceLimits {
  return {
    addressSpace: limits.addressSpace ?? Infinity,
    data: limits.data ?? Infinity,
    stack: limits.stack ?? Infinity,
    lockedMemory: limits.lockedMemory ?? Infinity,
  };
}

/** The flags a line shows; where it shows none, those that its permissions imply. */
export function lineFlags(line: MapLine, rules: KernelRules): ReadVmFlags {
  if (line.vmFlags !== undefined) return shownFlags(line.vmFlags, rules);
  const { permissions } = line;
  const flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | (permissions.includes("r") ? VM_READ : 0) |
    (permissions.includes("w") ? VM_WRITE : 0) | (permissions.includes("x") ? VM_EXEC : 0) |
    (permissions.includes("s") ? VM_SHARED | VM_MAYSHARE : 0) |
    (line.name === "[stack]" ? VM_GROWSDOWN : 0);
  return { flags, others: "" };
}

/** VmFlags in a kernel's own spelling: `??` is VM_LOCKONFAULT where that has no name (`showsLockOnFault`). */
function shownFlags(text: string, rules: KernelRules): ReadVmFlags {
  const { flags, others } = readVmFlags(text);
  if (rules.showsLockOnFault) return { flags, others };
  if (flags & VM_LOCKONFAULT) return { flags: flags & ~VM_LOCKONFAULT, others: `lf ${others}` };
  const letters = others.split(" ");
  const at = letters.indexOf("??");
  if (at < 0) return { flags, others };
  return { flags: flags | VM_LOCKONFAULT, others: letters.toSpliced(at, 1).join(" ") };
}

function imageVma(line: MapLine, files: LayoutFiles, rules: KernelRules): ImageVma {
  const file = files.of(line);
  const { flags, others } = lineFlags(line, rules);
  return {
    start: line.start,
    end: line.end,
    flags,
    otherFlags: others,
    file,
    pageOffset: file === null ? pages(line.start) : pages(line.offset),
    special: line.name.startsWith("[") && !ORDINARY.test(line.name) ? line.name : null,
    written: line.written ?? false,
  };
}
