/**
 * What every command shares: a specification from which `--help` is written, the parsing of
 * arguments, the exit status, and how a command says that it cannot run.
 *
 * Exit status: 0 success, 1 the command found something (a divergence, a regression), 2 it could not
 * run, with one clear sentence on standard error.
 *
 * ```ts ignore
 * if (import.meta.main) await runCommand(specification, main);
 * ```
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { isRefusal, reasonOf } from "./files.ts";
import { complain, oneLine, print, quoted } from "./output.ts";
import { Interrupted } from "./signals.ts";
import { standWhereCalled } from "./stand_where_called.ts";
import { Unable } from "./unable.ts";

export { createFile } from "./files.ts";
export { interruption } from "./signals.ts";
export { Unable } from "./unable.ts";

/** One option of a command. */
export interface OptionSpecification {
  /** What `--help` says about it, one line. */
  readonly help: string;
  /** Name of its value in the help (`FILE`); an option without one is a flag. */
  readonly value?: string;
  /** May be given more than once; read with {@linkcode CommandArguments.texts}. */
  readonly many?: boolean;
}

/** What a command is called, what it does and what it takes. */
export interface CommandSpecification {
  /** The task's name: `capture` for `deno task capture`. */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  /** What follows the name on the command line: `--out FILE [options] -- COMMAND…`. */
  readonly usage: string;
  /** How many operands it takes, at least and at most; `Infinity` for any number. */
  readonly operands: readonly [least: number, most: number];
  /** Takes a command after `--`. */
  readonly takesCommand?: boolean;
  /** Options by long name, without the dashes. `help` is always there. */
  readonly options: Readonly<Record<string, OptionSpecification>>;
  /** More for `--help`: examples, what the exit status says. */
  readonly details?: string;
}

/** The arguments of one run, checked against the specification. */
export class CommandArguments {
  /** What is neither an option nor after `--`. */
  readonly operands: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /**
   * Made by {@linkcode parseArguments}.
   *
   * @param operands what is neither an option nor after `--`
   * @param rest what stands after `--`
   * @param values the options that were given; a flag's value is empty
   */
  constructor(
    operands: readonly string[],
    rest: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
  ) {
    this.operands = operands;
    this.rest = rest;
    this.#values = values;
  }

  /** True if the option was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The option's value, the last one if it was given twice. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option that may be given more than once. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /**
   * The option's value as a whole number.
   *
   * @throws {Unable} it is not one, or is below `minimum`
   */
  integer(name: string, minimum = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new Unable(
        `--${name} takes a whole number of at least ${minimum}, not ${quoted(text)}`,
      );
    }
    return value;
  }

  /**
   * The option's value, which must be one of `choices`.
   *
   * @throws {Unable} it is none of them
   */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) {
      throw new Unable(`--${name} takes ${choices.join(", ")}, not ${quoted(text)}`);
    }
    return found;
  }
}

/** `_` is where the parser keeps the operands: as an option it would take their place. */
function refuseUnderscores(argv: readonly string[]): void {
  const end = argv.indexOf("--");
  const odd = argv.slice(0, end < 0 ? argv.length : end).find((argument) => /^-+_/.test(argument));
  if (odd !== undefined) throw new Unable(`Unknown option ${shown(odd)}; see --help`);
}

/**
 * Parses the arguments by the specification.
 *
 * @throws {Unable} an unknown option, one without its value, too many operands, or too few
 */
export function parseArguments(
  specification: CommandSpecification,
  argv: readonly string[],
): CommandArguments {
  const options: CommandSpecification["options"] = { ...specification.options, help: HELP };
  const names = Object.keys(options);
  const isText = (name: string) => options[name]?.value !== undefined;
  refuseUnderscores(argv);
  const parsed: Record<string, unknown> = parseArgs([...argv], {
    string: ["_", ...names.filter(isText)], // operands are texts: 2508e63 is a commit, not a number
    boolean: names.filter((name) => !isText(name)),
    collect: names.filter(isText),
    alias: { help: "h" },
    "--": true,
    unknown: (argument: string, key?: string) => {
      if (key !== undefined) throw new Unable(`Unknown option ${shown(argument)}; see --help`);
    },
  });
  const values = new Map<string, string[]>();
  for (const name of names) {
    const given = parsed[name];
    if (given === true) values.set(name, [""]);
    if (!isText(name) || !Array.isArray(given) || given.length === 0) continue;
    if (given.includes("")) throw new Unable(`--${name} needs a value: ${options[name]!.value}`);
    values.set(name, given.map(String));
  }
  const takesCommand = specification.takesCommand === true;
  const [operands, rest] = [texts(parsed["_"]), texts(parsed["--"])];
  const args = takesCommand
    ? new CommandArguments(operands, rest, values)
    : new CommandArguments([...operands, ...rest], [], values);
  if (!args.has("help")) checkOperands(specification, args);
  return args;
}

function checkOperands(
  { operands: [least, most], takesCommand = false, usage }: CommandSpecification,
  { operands }: CommandArguments,
): void {
  const extra = operands[most];
  if (extra !== undefined) {
    const where = takesCommand ? "; the command goes after --" : "";
    throw new Unable(`Too many operands: ${quoted(extra)}${where}; see --help`);
  }
  if (operands.length < least) throw new Unable(`Too few operands: it takes ${usage}; see --help`);
}

/** The text that `--help` prints. */
export function helpText(specification: CommandSpecification): string {
  const rows = Object.entries({ ...specification.options, help: HELP }).map(([name, option]) => ({
    left: `  --${name}${option.value === undefined ? "" : ` ${option.value}`}`,
    help: option.help + (option.many ? " (may be repeated)" : ""),
  }));
  const width = Math.max(...rows.map((row) => row.left.length));
  return [
    specification.summary,
    "",
    `Usage: deno task ${specification.name} ${specification.usage}`,
    "",
    ...rows.map((row) => `${row.left.padEnd(width)}  ${row.help}`),
    ...(specification.details === undefined ? [] : ["", specification.details]),
  ].join("\n");
}

/**
 * Runs a command and gives its exit status: `--help` prints and is 0, an error that the user can mend
 * is one sentence and 2, an interruption one sentence and 128 and its signal's number; any other error is shown
 * whole and is 2 as well.
 *
 * @param main gets the arguments and returns the exit status
 */
export async function execute(
  specification: CommandSpecification,
  main: (args: CommandArguments) => number | Promise<number>,
  argv: readonly string[],
): Promise<number> {
  return await statusOfRun(specification.name, () => {
    const args = parseArguments(specification, argv);
    if (!args.has("help")) return main(args);
    print(helpText(specification));
    return 0;
  });
}

/** Runs something of a command and gives the exit status, as {@linkcode execute} does. */
export async function statusOfRun(
  name: string,
  run: () => number | Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    return statusOf(error, name);
  }
}

/** Runs a command on the process's arguments and ends the process with its exit status. */
export async function runCommand(
  specification: CommandSpecification,
  main: (args: CommandArguments) => number | Promise<number>,
): Promise<never> {
  const status = await statusOfRun(specification.name, () => {
    standWhereCalled();
    return execute(specification, main, Deno.args);
  });
  Deno.exit(status);
}

/** Says what went wrong, and gives the exit status. */
function statusOf(error: unknown, name: string): number {
  if (error instanceof Deno.errors.BrokenPipe) return 0; // the reader, `head` say, has enough
  if (error instanceof Interrupted) {
    complain(`${name}: ${error.message}`);
    return error.status;
  }
  if (isClear(error)) complain(`${name}: ${error.message}`);
  else if (isRefusal(error)) complain(`${name}: Cannot go on: ${reasonOf(error)}`);
  else console.error(error instanceof Error ? error : oneLine(String(error)));
  return 2;
}

const HELP: OptionSpecification = { help: "print this text" };

/** This suite's errors say `Cannot … : why` in one sentence; no stack makes that clearer. */
function isClear(error: unknown): error is Error {
  return error instanceof Unable ||
    (error instanceof Error && "code" in error && error.message.startsWith("Cannot "));
}

/** An option as the user wrote it; in quotes if it is none that could be. */
function shown(option: string): string {
  return /^[\w=.-]{1,80}$/.test(option) ? option : quoted(option);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
