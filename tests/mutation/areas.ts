/**
 * Which sources are mutated, and which tests run on their mutants. Every file of `src/` is in an area or left out for
 * a reason.
 *
 * @module
 */

import { ROOT } from "../canaries/build.ts";

/** Sources and the tests that run on their mutants; a file is of the first area that names it. */
export interface Area {
  /** Folders, which end in a slash, and files, from the root. */
  readonly sources: readonly string[];
  /** Folders and files below `tests/`. */
  readonly tests: readonly string[];
}

/** Files that are not mutated. */
export interface LeftOut {
  /** The files, from the root. */
  readonly files: RegExp;
  /** Why. */
  readonly why: string;
}

/** All areas. */
export const AREAS: readonly Area[] = [
  {
    sources: ["src/tree/"],
    tests: ["tree", "regressions", "property/cursor_test.ts", "property/tree_test.ts"],
  },
  {
    sources: ["src/abi/", "src/mm/"],
    tests: [
      "abi/word_test.ts",
      "mm",
      "regressions",
      "property/address_space_test.ts",
      "replay/replay_test.ts",
    ],
  },
  { sources: ["src/range_map/"], tests: ["range_map"] },
  { sources: ["src/trace/"], tests: ["trace", "property/trace_test.ts"] },
  { sources: ["src/replay/"], tests: ["replay", "text", "trace/recorded_traces_test.ts"] },
  { sources: ["src/text/"], tests: ["text"] },
  // What traces processes is tried on made-up ones alone: a mutant of it must not reach a process of the machine.
  {
    sources: ["ptrace", "space", "ask_base", "registers_x86_64", "registers_arm64"]
      .map((name) => `src/capture/${name}.ts`),
    tests: ["capture/tracing_test.ts", "capture/asking_test.ts"],
  },
  {
    sources: ["src/capture/", "src/verify/"],
    tests: [
      "capture",
      ...["draw", "executable", "fuzz", "live", "random_calls", "random_program"]
        .map((name) => `verify/${name}_test.ts`),
    ],
  },
  { sources: ["src/probe/"], tests: ["probe"] },
  { sources: ["src/load/", "src/random.ts"], tests: ["load", "random_numbers_test.ts"] },
  {
    sources: ["src/command/", "src/compare/", "src/history/", "src/report/"],
    tests: ["command", "compare", "history", "report"],
  },
  { sources: ["src/faults/"], tests: ["canaries"] },
  {
    sources: ["src/explorer/"],
    tests: ["link", "place", "rows", "run", "steps", "store", "words"].map((name) =>
      `explorer/${name}_test.ts`
    ),
  },
  { sources: ["src/kernel/"], tests: ["kernel/operation_test.ts", "kernel/report_test.ts"] },
  { sources: ["src/other_kernels/"], tests: ["other_kernels"] },
  { sources: ["src/release/"], tests: ["release/specialise_test.ts"] },
];

/**
 * What is not mutated. A mutant is switched on in the process of the tests alone, so what runs only in another one has
 * tests that do not count here.
 */
export const LEFT_OUT: readonly LeftOut[] = [
  {
    files: /^src\/(tree|mm)\/(.*\/)?(validate|incremental|validate_pages|dump)\.ts$/,
    why:
      "Validation and dumps: planted faults (deno task canaries) show that they notice something.",
  },
  {
    files:
      /\/(errors|error|errno|hex|mman|syscalls|proc_maps|vm_flags)\.ts$|^src\/faults\/\w+_canaries\.ts$/,
    why: "Tables and words, compared with the headers of the system or with recordings.",
  },
  { files: /^src\/tree\/statistics\.ts$/, why: "It counts for its reader." },
  {
    files: /^src\/tree\/shared_reader\.ts$/,
    why: "The worker's side of shared memory, which takes threads.",
  },
  {
    files:
      /(\/|_)main\.ts$|^src\/site\/|^src\/command\/(child|lines|signals|progress|paths|stand_where_called)\.ts$/,
    why: "Commands: their tests run them from outside.",
  },
  {
    files: /^src\/capture\/(libc|record|recorder|launch)\.ts$/,
    why: "It sends signals by itself: a mutant might end any process of the machine.",
  },
  {
    files: /^src\/probe\/(programs|at_limit)\.ts$/,
    why:
      "Tables of calls. That each decides its rule is asked of the kernel; where it works and on how much is free, and " +
      "a wrong one may never end.",
  },
  {
    files: /^src\/verify\/fuzz_program\.ts$/,
    why: "It runs in the process that makes the random calls.",
  },
  {
    files:
      /^src\/(compare\/(worker|workloads)\/|compare\/(git|host|worktree|rounds|instructions|compare)\.ts|history\/(floors|save)\.ts)/,
    why: "It measures, in processes of its own, or asks git.",
  },
  {
    files: /^src\/explorer\/(view\/|\w+\.ts)/,
    why: "It runs in a browser, or packs what runs there: the page's tests open it in Chromium.",
  },
  {
    files: /^src\/kernel\/(?!operation\.ts)/,
    why:
      "It takes a kernel's source and a compiler: planted faults show that the check notices something.",
  },
  {
    files: /^src\/other_kernels\/(?!(findings|kernels|plan|read_session|test_output)\.ts)/,
    why: "It downloads, boots and talks to other kernels.",
  },
  {
    files: /^src\/faults\/acted\.ts$/,
    why: "It is called by planted faults, in copies of the sources.",
  },
  {
    files: /^src\/release\/(?!specialise\.ts)/,
    why: "It packs the package, which its tests install and run.",
  },
];

/** The source files that are mutated. */
export async function sourceFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const file of modules("src/")) {
    if (areaOf(file) !== undefined && !LEFT_OUT.some((left) => left.files.test(file))) {
      files.push(file);
    }
  }
  return files.sort();
}

/** Every module of a folder, however deep, from the root. */
export async function* modules(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* modules(`${folder}${name}/`);
    else if (/\.tsx?$/.test(name)) yield folder + name;
  }
}

/** The area of a file, undefined if it has none. */
export function areaOf(file: string): Area | undefined {
  return AREAS.find(({ sources }) =>
    sources.some((source) => source.endsWith("/") ? file.startsWith(source) : file === source)
  );
}
