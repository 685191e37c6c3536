/**
 * The mutation score: each mutant is put into a copy of the checkout, and the fast part of the tests runs there until
 * one fails.
 *
 * @module
 */

import { ROOT } from "../canaries/build.ts";
import { Child } from "../canaries/child.ts";
import { type Mutant, mutantsOf, mutated } from "./mutants.ts";
import type { Order } from "./trial.ts";

/** What became of a mutant. */
export interface Verdict {
  readonly mutant: Mutant;
  /** The test that noticed it, `it hangs` if it did, undefined if it survived. */
  readonly killedBy: string | undefined;
}

/** What to try. */
export interface ScoreOptions {
  /** Source files, from the root. */
  readonly files: readonly string[];
  /** Only so many mutants, evenly spread; all if undefined. */
  readonly sample: number | undefined;
  /** Copies, each with a worker, at once. */
  readonly jobs: number;
  /** Told of each verdict. */
  readonly onVerdict?: (verdict: Verdict, done: number, all: number) => void;
}

/** Left out: what only checks, shows, counts or names, and the worker's side of shared memory, which takes threads. */
const LEFT_OUT =
  /\/(validate|validate_touched|dump|statistics|errors|errno|invariant_error|maps|flags|shared_reader)\.ts$/;

/** The fast part of the tree's tests, those that notice most first. */
const TREE_TESTS = [
  "tree/store_test.ts",
  "tree/maple_tree_test.ts",
  "tree/maple_state_test.ts",
  "tree/rebalance_test.ts",
  "tree/split_test.ts",
  "tree/gaps_test.ts",
  "regressions/regressions_test.ts",
  "property/cursor_test.ts",
  "property/tree_test.ts",
  "tree/span_test.ts",
  "tree/golden_test.ts",
  "sweep/sweep_test.ts",
  "tree/failure_test.ts",
];

/** That of the address space's. */
const MM_TESTS = [
  "mm/munmap_test.ts",
  "mm/merge_test.ts",
  "mm/mprotect_test.ts",
  "mm/mremap_test.ts",
  "mm/fault_fork_exit_test.ts",
  "mm/madvise_mlock_test.ts",
  "mm/brk_test.ts",
  "mm/placement_test.ts",
  "mm/maps_flags_test.ts",
  "mm/failure_test.ts",
  "property/address_space_test.ts",
  "replay/replay_test.ts",
];

/** Longest time for one test, ms: several times what the slowest takes. */
const LIMIT_MS = 12_000;

/** The source files that are mutated. */
export async function sourceFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["src/tree", "src/mm"]) {
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
      const file = `${folder}/${entry.name}`;
      if (entry.isFile && !LEFT_OUT.test(file)) files.push(file);
    }
  }
  return files.sort();
}

/** Tries the mutants; the verdicts in the order of file and line. */
export async function score(options: ScoreOptions): Promise<Verdict[]> {
  const mutants = await choose(options.files, options.sample);
  const verdicts: Verdict[] = [];
  const queue = [...mutants.entries()];
  const work = () =>
    withCopy(async (copy) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [place, mutant] = next;
        const verdict = { mutant, killedBy: await tryMutant(copy, mutant) };
        verdicts[place] = verdict;
        options.onVerdict?.(verdict, mutants.length - queue.length, mutants.length);
      }
    });
  await Promise.all(Array.from({ length: options.jobs }, work));
  return verdicts;
}

async function choose(files: readonly string[], sample: number | undefined): Promise<Mutant[]> {
  const all: Mutant[] = [];
  for (const file of files) {
    all.push(...mutantsOf(file, await Deno.readTextFile(new URL(file, ROOT))));
  }
  if (sample === undefined || sample >= all.length) return all;
  return Array.from(
    { length: sample },
    (_, i) => all[Math.floor((i + 0.5) * all.length / sample)]!,
  );
}

/** Sources, tests and traces. */
async function copyCheckout(folder: string): Promise<URL> {
  const root = new URL(`file://${folder}/`);
  for (const path of ["src", "tests", "traces"]) await copyFolder(path, root);
  for (const file of ["mod.ts", "deno.json"]) {
    await Deno.copyFile(new URL(file, ROOT), new URL(file, root));
  }
  return root;
}

async function copyFolder(path: string, root: URL): Promise<void> {
  await Deno.mkdir(new URL(path, root), { recursive: true });
  for await (const entry of Deno.readDir(new URL(path, ROOT))) {
    const inside = `${path}/${entry.name}`;
    if (entry.isDirectory) await copyFolder(inside, root);
    else if (entry.isFile) await Deno.copyFile(new URL(inside, ROOT), new URL(inside, root));
  }
}

/** The test that fails on the mutant, undefined if none does. The copy is as it was afterwards. */
async function tryMutant(copy: Copy, mutant: Mutant): Promise<string | undefined> {
  const url = new URL(mutant.file, copy.root);
  const source = await Deno.readTextFile(url);
  await Deno.writeTextFile(url, mutated(source, mutant));
  try {
    return await copy.run(mutant.file.startsWith("src/tree/") ? TREE_TESTS : MM_TESTS);
  } finally {
    await Deno.writeTextFile(url, source);
  }
}

/** A copy of the checkout, and the process that runs tests in it. */
class Copy {
  readonly root: URL;
  #child: Child | undefined;

  constructor(root: URL) {
    this.root = root;
  }

  /** Runs tests of the copy; what fails or hangs, undefined if all pass. */
  async run(tests: readonly string[]): Promise<string | undefined> {
    const child = this.#child ??= new Child(new URL("tests/mutation/host.ts", this.root), true);
    const order: Order = { files: tests.map((test) => `../${test}`) };
    await child.send(order);
    for (;;) {
      const answer = await child.next(LIMIT_MS);
      if (answer === undefined) {
        await this.close();
        return "it hangs";
      }
      if (answer === "going on") continue;
      const killed = typeof answer === "object" && answer !== null && "killedBy" in answer;
      return killed ? String(answer.killedBy) : undefined;
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#child?.end();
    this.#child = undefined;
  }
}

/** Calls `use` with a fresh copy. */
async function withCopy<T>(use: (copy: Copy) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "maple-mutation-" });
  const copy = new Copy(await copyCheckout(folder));
  try {
    return await use(copy);
  } finally {
    await copy.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether the tests pass on a copy without a change; the test that fails if not. */
export async function tryPlain(): Promise<string | undefined> {
  return await withCopy((copy) => copy.run([...TREE_TESTS, ...MM_TESTS]));
}
