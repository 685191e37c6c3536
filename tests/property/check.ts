/**
 * Properties that run commands on a model and on the real thing, and on failure print what is left of them and the one
 * command that replays it.
 *
 * The seed is always the same, so that a run can be relied on; another one is `deno task test -- --seed=N`.
 *
 * @module
 */

import fc from "fast-check";

/** A command: does the same to model and real thing, and fails where they differ. */
export class Act<M extends object, R> implements fc.Command<M, R> {
  readonly #text: string;
  readonly #act: (model: M, real: R) => void;

  constructor(text: string, act: (model: M, real: R) => void) {
    this.#text = text;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  run(model: M, real: R): void {
    this.#act(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

/** The seed of every run that names no other. */
const SEED = 0x2022;

/** An option given after `--`. */
function option(name: string): string | undefined {
  const prefix = `--${name}=`;
  return Deno.args.find((argument) => argument.startsWith(prefix))?.slice(prefix.length);
}

/** What to replay; nothing in particular unless it was asked for. */
function parameters(runs: number): fc.Parameters<unknown> {
  const path = option("path");
  const seed = Number(option("seed") ?? SEED);
  const numRuns = Number(option("runs") ?? runs);
  return path === undefined ? { seed, numRuns } : { seed, numRuns, path };
}

/** The constraints of a list of commands: how many, and which part of a failure to replay. */
function constraints(maxCommands: number): fc.CommandsContraints {
  const replayPath = option("replay");
  const most = { maxCommands, size: "max" as const };
  return replayPath === undefined ? most : { ...most, replayPath };
}

/** Registers a test that runs lists of commands on a model and on the real thing. */
export function testCommands<M extends object, R>(
  name: string,
  arbitraries: readonly fc.Arbitrary<Act<M, R>>[],
  setUp: () => { model: M; real: R },
  options: { readonly runs: number; readonly commands: number },
): void {
  Deno.test(name, () => {
    const commands = fc.commands([...arbitraries], constraints(options.commands));
    const property = fc.property(commands, (list) => fc.modelRun(setUp, list));
    report(name, fc.check(property, parameters(options.runs)));
  });
}

/** Registers a test of an asynchronous property. */
export function testProperty<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
  runs: number,
): void {
  Deno.test(name, async () => {
    report(name, await fc.check(fc.asyncProperty(arbitrary, holds), parameters(runs)));
  });
}

/** Throws what was found, if anything was. */
function report<T>(name: string, details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const left = String(details.counterexample);
  throw new Error(
    `${name}, after ${details.numRuns} runs and ${details.numShrinks} shrinks:\n${left}\n` +
      `${details.errorInstance}\nReplay it with\n  ${replayCommand(name, details, left)}`,
  );
}

/** The one command that replays a failure. */
export function replayCommand(
  name: string,
  details: { readonly seed: number; readonly counterexamplePath: string | null },
  counterexample: string,
): string {
  const replay = /replayPath="([^"]*)"/.exec(counterexample)?.[1];
  const options = [`--seed=${details.seed}`, `--path=${details.counterexamplePath}`];
  if (replay !== undefined) options.push(`--replay=${replay}`);
  return `deno test -P=test tests/property --filter ${JSON.stringify(name)} -- ${
    options.join(" ")
  }`;
}
