/**
 * The process that runs tests of the copy in which it stands, with one mutant on or none. `Deno.test` is replaced by a
 * list; orders come in and answers go out as lines of JSON.
 *
 * @module
 */

import process from "node:process";
import fc from "fast-check";
import { orders } from "../canaries/child.ts";
import { differs, state } from "./switch.ts";

/** To load test files, with a mutant on if it can only act then. */
export interface Load {
  /** Relative to this file. */
  readonly files: readonly string[];
  readonly mutant: number;
}

/** To run one test with a mutant on, or with none (0). */
export interface Run {
  /** Its place among all tests loaded. */
  readonly test: number;
  readonly mutant: number;
  /** Turns of loops beyond which it counts as endless; any number if it is not given. */
  readonly mostTurns?: number;
}

/** What loading gave. */
export interface Loaded {
  readonly tests: readonly { readonly name: string; readonly file: string }[];
  /** The mutants that would have made a difference meanwhile. */
  readonly differing: readonly number[];
}

/** What a test gave. */
export interface Ran {
  /** The first line of what was thrown, undefined if it passed. */
  readonly failure?: string;
  readonly ms: number;
  /** Of the processor: what else the machine does is not in it. */
  readonly cpuMs: number;
  readonly turns: number;
  /** The mutants that would have computed something else; only told if none was on. */
  readonly differing: readonly number[];
}

type Test = (context: unknown) => unknown;

const registered: { name: string; run: Test }[] = [];

function register(name: string, run: unknown): void {
  if (typeof run !== "function") return;
  registered.push({ name, run: (context) => Reflect.apply(run, undefined, [context]) });
}

function isDefinition(test: unknown): test is Deno.TestDefinition {
  return typeof test === "object" && test !== null && "name" in test && "fn" in test;
}

/** Loads test files. */
async function load({ files, mutant }: Load): Promise<Loaded> {
  state.active = mutant;
  const tests: { name: string; file: string }[] = [];
  for (const file of files) {
    await import(new URL(file, import.meta.url).href);
    tests.push(...registered.slice(tests.length).map(({ name }) => ({ name, file })));
  }
  return { tests, differing: differing() };
}

/** Runs one test. */
async function run({ test, mutant, mostTurns }: Run): Promise<Ran> {
  Object.assign(state, { active: mutant, turns: 0, mostTurns: mostTurns ?? Infinity });
  differs.fill(0);
  const start = performance.now(), startCpu = process.cpuUsage();
  let failure: string | undefined;
  try {
    await registered[test]!.run({});
  } catch (error) {
    failure = String(error).split("\n", 1)[0]!;
  }
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  const { turns } = state;
  const told = mutant === 0 ? differing() : [];
  return {
    ...(failure !== undefined && { failure }),
    ms,
    cpuMs: (user + system) / 1_000,
    turns,
    differing: told,
  };
}

function differing(): number[] {
  return [...differs.keys()].filter((mutant) => differs[mutant] === 1);
}

function answer(line: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

if (import.meta.main) {
  Object.defineProperty(Deno, "test", {
    value: (test: unknown, run?: unknown) => {
      if (typeof test === "string") register(test, run);
      else if (isDefinition(test) && test.ignore !== true) register(test.name, test.fn);
    },
  });
  console.log = () => {};
  fc.configureGlobal({ endOnFailure: true }); // that it fails is enough, no need to shrink it
  for await (const order of orders()) {
    if (typeof order !== "object" || order === null) continue;
    answer("files" in order ? await load(order as Load) : await run(order as Run));
  }
}
