/**
 * Links the modules that a page carries to an engine that runs: the plain one, or one with a fault planted.
 *
 * @module
 */

import type { Pack, PackedFault } from "../pack.ts";

/** What `engine.ts` exports. */
export type Engine = typeof import("../engine.ts");

/** Turns of all loops, in one step or one look at what it left, after which a planted fault is taken to hang. */
const MOST_TURNS = 1_000_000;

/** An engine, and what keeps a faulty one from hanging the page. */
export interface LinkedEngine {
  /** Its functions and classes. */
  readonly engine: Engine;
  /** From here on all loops together may turn {@linkcode MOST_TURNS} times again. */
  renewTurns(): void;
}

/** A loop of a planted build that does not end. */
export class EndlessLoopError extends Error {
  override readonly name = "EndlessLoopError";
}

/** Links a fresh engine. Each has modules of its own: two engines share no state. */
export function linkEngine(pack: Pack, fault?: PackedFault): LinkedEngine {
  let turns = 0;
  const turn = (): true => {
    if (++turns > MOST_TURNS) throw new EndlessLoopError("A loop does not end");
    return true;
  };
  const code = new Map(pack.modules.map((module) => [module.path, module.code]));
  for (const { path, code: planted } of fault?.modules ?? []) code.set(path, planted);
  const loaded = new Map<string, { exports: object }>();
  const load = (path: string): object => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const text = code.get(path);
    if (text === undefined) throw new TypeError(`The page has no module ${path}`);
    const module = { exports: {} };
    loaded.set(path, module);
    const body = fault === undefined ? text : guardLoops(text);
    const require = (specifier: string): object => load(resolve(specifier, path));
    new Function("require", "module", "exports", "turn", body)(
      require,
      module,
      module.exports,
      turn,
    );
    return module.exports;
  };
  const engine = load(pack.entry);
  if (!isEngine(engine)) throw new TypeError("The page's modules are not the engine it expects");
  return { engine, renewTurns: () => void (turns = 0) };
}

function isEngine(loaded: object): loaded is Engine {
  return "System" in loaded && "readTrace" in loaded && "copySystem" in loaded;
}

/** The path of an import, relative or from the root. */
function resolve(specifier: string, from: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/**
 * The code with `turn()` asked before each turn of its `for (;;)` loops, which is what the minifier makes of `while`
 * too.
 */
export function guardLoops(code: string): string {
  let guarded = "";
  let from = 0;
  for (const { index } of code.matchAll(/\bfor\s*\(/g)) {
    const parts = headOf(code, code.indexOf("(", index) + 1);
    if (parts === undefined) continue;
    const [condition, end] = parts;
    const asked = code.slice(condition, end).trim();
    guarded += code.slice(from, condition) + (asked === "" ? "turn()" : `turn()&&(${asked})`);
    from = end;
  }
  return guarded + code.slice(from);
}

/** Where the condition of a `for` begins and ends whose head begins at `from`; undefined for `for … of`. */
function headOf(code: string, from: number): [condition: number, end: number] | undefined {
  let depth = 0;
  let first: number | undefined;
  for (let at = from; at < code.length; at++) {
    const character = code[at]!;
    if ("\"'`".includes(character)) at = endOfText(code, at);
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) {
      if (depth-- === 0) return undefined;
    } else if (character === ";" && depth === 0) {
      if (first !== undefined) return [first, at];
      first = at + 1;
    }
  }
  return undefined;
}

/** The closing quote of the text that begins at `from`. */
function endOfText(code: string, from: number): number {
  const quote = code[from];
  let at = from + 1;
  while (at < code.length && code[at] !== quote) at += code[at] === "\\" ? 2 : 1;
  return at;
}
