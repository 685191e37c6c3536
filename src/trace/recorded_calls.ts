/**
 * Which calls a trace records, and how many arguments each takes.
 *
 * @module
 */

const PR_SET_MM = 35, PR_SET_THP_DISABLE = 41, PR_SET_MDWE = 65, PR_SET_MEMORY_MERGE = 67;
const PR_SET_VMA = 0x53564d41;
const MEMORY_OPTIONS = [
  PR_SET_MM,
  PR_SET_THP_DISABLE,
  PR_SET_MDWE,
  PR_SET_MEMORY_MERGE,
  PR_SET_VMA,
];
const ASK_PERSONALITY = 0xffffffff;

const ARITY: ReadonlyMap<string, number> = new Map([
  ["brk", 1],
  ["clone", 5],
  ["clone3", 2],
  ["execve", 3],
  ["execveat", 5],
  ["fork", 0],
  ["madvise", 3],
  ["map_shadow_stack", 3],
  ["mbind", 6],
  ["mincore", 3],
  ["mlock", 2],
  ["mlock2", 3],
  ["mlockall", 1],
  ["mmap", 6],
  ["mprotect", 3],
  ["mremap", 5],
  ["mseal", 3],
  ["msync", 3],
  ["munlock", 2],
  ["munlockall", 0],
  ["munmap", 2],
  ["personality", 1],
  ["pkey_mprotect", 4],
  ["prctl", 5],
  ["prlimit64", 4],
  ["process_madvise", 5],
  ["remap_file_pages", 5],
  ["set_mempolicy_home_node", 4],
  ["setrlimit", 2],
  ["shmat", 3],
  ["shmdt", 1],
  ["vfork", 0],
]);

/**
 * The arguments of a call, of all that registers or a text hold: what is beyond those it takes is left
 * over from before.
 */
export function argumentsOf(call: string, values: readonly number[]): readonly number[] {
  return values.slice(0, ARITY.get(call));
}

/**
 * True for the calls on memory and processes, unless a call by its arguments has nothing to do with
 * memory or only asks for something.
 */
export function isRecorded(call: string, args: readonly number[]): boolean {
  const [first = 0, , third = 0] = args;
  if (call === "prctl") return MEMORY_OPTIONS.includes(first);
  if (call === "prlimit64") return third !== 0;
  if (call === "personality") return first !== ASK_PERSONALITY;
  return ARITY.has(call);
}
