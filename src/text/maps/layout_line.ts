/**
 * One VMA as a text shows it, whatever the format.
 *
 * @module
 */

/** A VMA, as far as it is shown. */
export interface LayoutLine {
  /** Number of its line, from 1. */
  readonly line: number;
  /** First byte. */
  readonly start: number;
  /** First byte after the last. */
  readonly end: number;
  /** `rwxp` or `rwxs`, `-` where absent and `?` where the text does not say. */
  readonly permissions: string;
  /** File offset, bytes; undefined where the text does not say. */
  readonly offset?: number;
  /** `major:minor`, undefined where the text does not say. */
  readonly device?: string;
  /** Inode number, 0 for none; undefined where the text does not say. */
  readonly inode?: number;
  /** The path as it stands there, a name in brackets, or empty. */
  readonly name: string;
  /** VmFlags as they stand there, unknown ones too. */
  readonly vmFlags?: string;
  /** True if anonymous pages were counted in it; undefined where the text does not say. */
  readonly written?: boolean;
  /** Its NUMA policy; undefined where the text does not say. */
  readonly policy?: string;
}

/** Addresses from here on are the kernel's: `[vsyscall]` lies there and is no VMA. */
export const KERNEL_ADDRESS = 2 ** 63;

/** True for a mapping that the kernel itself made, which never merges. */
export function isSpecial({ name }: LayoutLine): boolean {
  return /^\[(?:vdso(?:32)?|vvar\w*|vectors|sigpage|uprobes|vsyscall|timens\w*)\]/.test(name);
}

/** True for what has no file: the name is then none or one in brackets. */
export function isAnonymous({ name, inode }: LayoutLine): boolean {
  return (inode ?? 0) === 0 && (name === "" || name.startsWith("["));
}

/** True for the stack of the first thread, which grows down. `[stack:TID]` is ordinary memory. */
export function isStack({ name, vmFlags }: LayoutLine): boolean {
  return name === "[stack]" || (vmFlags !== undefined && / ?\bgd\b/.test(vmFlags));
}

/** The name that the program gave, if the VMA has one: what keeps neighbours apart. */
export function givenName({ name }: LayoutLine): string {
  return /^\[anon(?:_shmem)?:/.test(name) ? name : "";
}

/** What tells one file from another; empty for anonymous memory. */
export function fileKey(line: LayoutLine): string {
  if (isAnonymous(line)) return "";
  return line.inode ? `${line.device ?? ""} ${line.inode}` : line.name;
}

/** The last part of a path; names in brackets stay whole. */
export function shortName({ name }: LayoutLine): string {
  return name.startsWith("[") ? name : name.slice(name.lastIndexOf("/") + 1);
}

/** Bytes. */
export function sizeOf({ start, end }: LayoutLine): number {
  return end - start;
}
