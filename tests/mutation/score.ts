/**
 * The mutation score. A copy of the checkout is woven (see `weave.ts`); each test runs once there with no mutant on,
 * which tells how long it takes and which mutants it could notice; then each mutant is switched on for those tests,
 * the likeliest first: what noticed mutants of the same file before, then the shortest, until one fails.
 *
 * @module
 */

import { TemporaryFolder } from "../../src/command/files.ts";
import { urlOf } from "../../src/command/paths.ts";
import { Random } from "../../src/random.ts";
import { ROOT } from "../canaries/build.ts";
import { Child } from "../canaries/child.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import type { Loaded, Ran } from "./trial.ts";
import { weave } from "./weave.ts";
import { areaOf, AREAS } from "./areas.ts";

/** What became of a mutant. */
export interface Verdict {
  readonly mutant: Mutant;
  /** The test that noticed it, undefined if none did. */
  readonly killedBy: string | undefined;
  /** Tests in which it would have computed something else. */
  readonly tests: number;
}

/** What to try. */
export interface ScoreOptions {
  /** Source files, from the root. */
  readonly files: readonly string[];
  /** Only so many mutants, evenly spread; all if undefined. */
  readonly sample: number | undefined;
  /** Which sample: another seed draws other ones, as evenly spread; those in the middle of each part if undefined. */
  readonly seed?: number | undefined;
  /** Processes at once. */
  readonly jobs: number;
  /** Only the tests of these files, from the root; all that may notice something unless given. */
  readonly tests?: readonly string[];
  /** Which mutants to try; all if undefined. */
  readonly isWanted?: (mutant: Mutant) => boolean;
  /** Told of each verdict. */
  readonly onVerdict?: (verdict: Verdict, done: number, all: number) => void;
}

/** Tests that do not pass although no mutant is on. */
export class BrokenTestsError extends Error {
  override readonly name = "BrokenTestsError";
  readonly code = "EBROKEN";
}

/** Tests that take long or threads, that plant faults of their own in the source, or that run whole commands. */
const LONG_FILES =
  /\/(allocation|broken_builds|capture|compare|hostile|looks|main|misfortune|random|readers|report_browser|sweep|worktree)_test\.ts$/;
const LONG_TESTS = /two workers|does not grow with/;

/** Time of the processor for trying tests on one mutant, ms: then the longest ones, which come last, are left out. */
const BUDGET_MS = 1_500;

/** What tests may do: some run git, or a program that was made for them. */
const RIGHTS = [
  "--allow-write",
  "--allow-run",
  "--allow-env",
  "--allow-sys",
  "--allow-ffi",
  "--allow-net=127.0.0.1",
];

/** Longest time for loading the tests, ms. */
const LOAD_LIMIT_MS = 60_000;

/** Tries the mutants; the verdicts in the order of file and line. */
export async function score(options: ScoreOptions): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const areas = AREAS.map((area) => ({
    ...area,
    files: options.files.filter((file) => areaOf(file) === area),
  })).filter(({ files }) => files.length > 0);
  for (const area of areas) {
    using folder = TemporaryFolder.create("maple-mutation-");
    const { root, mutants } = await weaveCopy(folder.path, area.files);
    const wanted = mutants.filter(({ mutant }) => options.isWanted?.(mutant) ?? true);
    const sample = options.sample && Math.ceil(options.sample / areas.length);
    const chosen = choose(wanted, sample, options.seed);
    const trials = new Trials(
      root,
      mutants,
      await testFiles(options.tests?.map(below) ?? area.tests),
    );
    await trials.measure();
    await trials.tryAll(chosen, options.jobs, (verdict, done) => {
      verdicts.push(verdict);
      options.onVerdict?.(verdict, done, chosen.length);
    });
  }
  return verdicts.sort((a, b) =>
    a.mutant.file < b.mutant.file
      ? -1
      : a.mutant.file > b.mutant.file
      ? 1
      : a.mutant.start - b.mutant.start
  );
}

/** A mutant with the number of its switch. */
interface Numbered {
  readonly number: number;
  readonly mutant: Mutant;
}

/** So many of the items: one of each of as many parts, the middle one or, with a seed, one that is drawn; or all. */
export function choose<Item>(
  items: readonly Item[],
  sample: number | undefined,
  seed: number | undefined,
): Item[] {
  const count = Math.min(sample ?? items.length, items.length);
  const random = seed === undefined ? undefined : new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(i * items.length / count);
    const end = Math.floor((i + 1) * items.length / count);
    return items[random?.between(start, end - 1) ?? (start + end) >> 1]!;
  });
}

/** A test, and what it showed with no mutant on. */
interface Measured {
  readonly place: number;
  readonly name: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly turns: number;
  readonly differing: ReadonlySet<number>;
}

/** The trials of one woven copy. */
class Trials {
  readonly #root: URL;
  readonly #mutants: readonly Numbered[];
  readonly #files: readonly string[];
  #tests: readonly Measured[] = [];
  /** The mutants that would make a difference while the modules are loaded. */
  #atLoad: ReadonlySet<number> = new Set();
  /** By source file: how many of its mutants a test has noticed. */
  readonly #noticed = new Map<string, Map<Measured, number>>();

  constructor(root: URL, mutants: readonly Numbered[], files: readonly string[]) {
    this.#root = root;
    this.#mutants = mutants;
    this.#files = files;
  }

  /** Runs each test with no mutant on. */
  async measure(): Promise<void> {
    const child = new Child(new URL("tests/mutation/trial.ts", this.#root), RIGHTS);
    try {
      const tests: Measured[] = [];
      const loaded = await this.#load(child, 0);
      this.#atLoad = new Set(loaded.differing);
      for (const [place, { name }] of loaded.tests.entries()) {
        if (LONG_TESTS.test(name)) continue;
        const ran = await ask<Ran>(child, { test: place, mutant: 0 }, LOAD_LIMIT_MS);
        if (ran === undefined || ran.failure !== undefined) throw broken(name, ran?.failure);
        const { ms, cpuMs, turns } = ran;
        tests.push({ place, name, ms, cpuMs, turns, differing: new Set(ran.differing) });
      }
      this.#tests = tests;
    } finally {
      await child.end();
    }
  }

  /** Tries mutants in several processes at once. */
  async tryAll(
    chosen: readonly Numbered[],
    jobs: number,
    onVerdict: (verdict: Verdict, done: number) => void,
  ): Promise<void> {
    const queue = [...chosen];
    let done = 0;
    const work = async () => {
      const stage = new Stage(() => this.#start());
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const { mutant } = next;
          const tests = this.#candidates(next);
          const killer = await (this.#atLoad.has(next.number)
            ? this.#tryAtLoad(next.number, tests)
            : this.#try(stage, next.number, tests));
          if (killer !== undefined) {
            this.#remember(mutant.file, killer);
          }
          onVerdict({ mutant, killedBy: killer?.name, tests: tests.length }, ++done);
        }
      } finally {
        await stage.end();
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
  }

  async #start(): Promise<Child> {
    const child = new Child(new URL("tests/mutation/trial.ts", this.#root), RIGHTS);
    await this.#load(child, 0);
    return child;
  }

  async #load(child: Child, mutant: number): Promise<Loaded> {
    const loaded = await ask<Loaded>(child, { files: this.#files, mutant }, LOAD_LIMIT_MS);
    if (loaded === undefined) throw broken("loading", "the process has ended");
    return loaded;
  }

  /** The tests that could notice a mutant, the likeliest first. */
  #candidates({ number, mutant }: Numbered): Measured[] {
    const noticed = this.#noticed.get(mutant.file);
    const times = (test: Measured) => noticed?.get(test) ?? 0;
    const likeliest = (a: Measured, b: Measured) =>
      times(b) / (b.cpuMs + 1) - times(a) / (a.cpuMs + 1) || a.cpuMs - b.cpuMs;
    if (!this.#atLoad.has(number)) {
      return this.#tests.filter((test) => test.differing.has(number)).sort(likeliest);
    }
    // No test is seen to pass what is computed while the module is loaded: those that pass its file come before others
    // that take a tenth of their time.
    const beside = new Set(
      this.#mutants.filter((other) => other.mutant.file === mutant.file).map((other) =>
        other.number
      ),
    );
    const cost = new Map(this.#tests.map((test) => {
      return [test, test.cpuMs * (beside.isDisjointFrom(test.differing) ? 10 : 1)];
    }));
    return [...this.#tests].sort((a, b) => cost.get(a)! - cost.get(b)!);
  }

  #remember(file: string, killer: Measured): void {
    const noticed = this.#noticed.get(file) ?? new Map<Measured, number>();
    this.#noticed.set(file, noticed.set(killer, (noticed.get(killer) ?? 0) + 1));
  }

  /** The first test that fails with the mutant on, or does not end. */
  async #try(
    stage: Stage,
    mutant: number,
    tests: readonly Measured[],
  ): Promise<Measured | undefined> {
    let spentMs = 0;
    for (const test of tests) {
      if (spentMs > BUDGET_MS) break;
      const ran = await stage.run(test, mutant);
      if (ran === undefined) return test;
      spentMs += ran.cpuMs;
      if (ran.failure === undefined) continue;
      // What an earlier mutant left behind in the modules must not be taken for this one's doing.
      if ((await stage.run(test, 0))?.failure === undefined) return test;
      await stage.end();
      const again = await stage.run(test, mutant);
      await stage.end();
      if (again === undefined || again.failure !== undefined) return test;
    }
    return undefined;
  }

  /** The same for one that only acts while its module is loaded. */
  async #tryAtLoad(mutant: number, tests: readonly Measured[]): Promise<Measured | undefined> {
    const stage = new Stage(async () => {
      const child = new Child(new URL("tests/mutation/trial.ts", this.#root), RIGHTS);
      await ask(child, { files: this.#files, mutant }, LOAD_LIMIT_MS);
      return child;
    });
    try {
      let spentMs = 0;
      for (const test of tests) {
        if (spentMs > BUDGET_MS) break;
        const ran = await stage.run(test, mutant);
        if (ran === undefined || ran.failure !== undefined) return test;
        spentMs += ran.cpuMs;
      }
      return undefined;
    } finally {
      await stage.end();
    }
  }
}

/** A process with the tests loaded, replaced when it hangs. */
class Stage {
  readonly #start: () => Promise<Child>;
  #child: Child | undefined;

  constructor(start: () => Promise<Child>) {
    this.#start = start;
  }

  /** Runs a test; undefined if it does not end in several times its time, or takes the process with it. */
  async run(test: Measured, mutant: number): Promise<Ran | undefined> {
    const order = { test: test.place, mutant, mostTurns: 20 * test.turns + 100_000 };
    const limitMs = 20 * test.ms + 5_000;
    // A process that ends at once may have been ended by what the order before left running: then another is asked.
    for (const isLast of [false, true]) {
      const child = this.#child ??= await this.#start();
      const start = performance.now();
      const ran = await ask<Ran>(child, order, limitMs);
      if (ran !== undefined) return ran;
      await this.end();
      if (isLast || performance.now() - start >= limitMs) break;
    }
    return undefined;
  }

  /** Ends the process. */
  async end(): Promise<void> {
    await this.#child?.end();
    this.#child = undefined;
  }
}

/** The answer to an order, undefined if there is none in time, or no process to give it. */
async function ask<T>(child: Child, order: unknown, limitMs: number): Promise<T | undefined> {
  try {
    await child.send(order);
  } catch {
    return undefined; // what the order before left running has ended the process
  }
  return await child.next(limitMs) as T | undefined;
}

function broken(test: string, failure: string | undefined): BrokenTestsError {
  return new BrokenTestsError(
    `Cannot score mutants: without any, ${test} fails: ${failure ?? "it does not end"}`,
  );
}

/** Copies sources, tests and traces, and weaves the files. */
async function weaveCopy(
  folder: string,
  files: readonly string[],
): Promise<{ root: URL; mutants: Numbered[] }> {
  const root = new URL(urlOf(`${folder}/`));
  for (const path of ["src", "tests", "traces", "bench"]) await copyFolder(path, root);
  for (const file of ["mod.ts", "deno.json", "README.md"]) {
    await Deno.copyFile(new URL(file, ROOT), new URL(file, root));
  }
  const switches = new URL("tests/mutation/switch.ts", root);
  const mutants: Numbered[] = [];
  for (const file of files) {
    const source = await Deno.readTextFile(new URL(file, ROOT));
    const first = mutants.length + 1;
    await Deno.writeTextFile(new URL(file, root), weave(file, source, first, switches));
    mutants.push(...mutantsOf(file, source).map((mutant, i) => ({ number: first + i, mutant })));
  }
  return { root, mutants };
}

async function copyFolder(path: string, root: URL): Promise<void> {
  await Deno.mkdir(new URL(path, root), { recursive: true });
  for await (const entry of Deno.readDir(new URL(path, ROOT))) {
    const inside = `${path}/${entry.name}`;
    if (entry.isDirectory) await copyFolder(inside, root);
    else if (entry.isFile) await Deno.copyFile(new URL(inside, ROOT), new URL(inside, root));
  }
}

/** A file of tests from the root, as areas name it. */
function below(file: string): string {
  return file.replace(/^tests\//, "");
}

/** The test files of folders, however deep, and files below `tests/`, as `trial.ts` imports them. */
async function testFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  const add = async (path: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(`tests/${path}/`, ROOT))) {
      const inside = `${path}/${entry.name}`;
      if (entry.isDirectory) await add(inside);
      else if (entry.name.endsWith("_test.ts")) files.push(`../${inside}`);
    }
  };
  for (const path of paths) {
    if (path.endsWith(".ts")) files.push(`../${path}`);
    else await add(path);
  }
  return files.filter((file) => !LONG_FILES.test(file)).sort();
}
