/**
 * The `.d.ts` files: one for each module whose types a program can reach.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import ts from "typescript";
import { Unable } from "../command/command.ts";
import { type Project, projectPath } from "./project.ts";

/** Declarations by the path of their module in the project. */
export type Declarations = ReadonlyMap<string, string>;

/**
 * Writes the declarations of all exported modules, and of those that their types come from.
 *
 * @throws {Unable} if a declaration cannot be written, as a type is not exported where it would be needed
 */
export function declarations({ root, exports }: Project): Declarations {
  const folder = fileURLToPath(root);
  const entries = [...exports.values()].map(projectPath);
  const program = ts.createProgram(entries.map((path) => folder + path), OPTIONS);
  const emitted = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (name, text) => {
    emitted.set(name.slice(folder.length).replace(/\.d\.ts$/, ".ts"), text);
  });
  if (diagnostics.length > 0) {
    throw new Unable(`Cannot write types: ${diagnostics.map(sentence).join("; ")}`);
  }
  const reached = new Map([[DISPOSABLE, DISPOSABLE_TEXT]]);
  for (let path = entries.pop(); path !== undefined; path = entries.pop()) {
    const text = emitted.get(path);
    if (text === undefined) throw new Unable(`Cannot write types: ${path} has none`);
    if (reached.has(path)) continue;
    reached.set(path, forNode(path, text));
    for (const [, , imported] of text.matchAll(SPECIFIER)) {
      entries.push(new URL(`${imported}.ts`, `file:///${path}`).pathname.slice(1));
    }
  }
  return reached;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
};

/** An import of a module of the project in a declaration: what is before the path, the path, `.ts`. */
const SPECIFIER = /((?:from|import)\s*\(?\s*")(\.[^"]+)(\.ts")/g;

/** A typed array over a kind of buffer, which TypeScript before 5.7 does not know. */
const BUFFERED = /\b(\w+\d+(?:Clamped)?Array)<ArrayBuffer(?:Like)?>/g;

/** A module of no source: what `using` asks for, which TypeScript has since 5.2, and only where `lib` names it. */
const DISPOSABLE = "disposable.ts";
const DISPOSABLE_TEXT = `interface SymbolConstructor {
  readonly dispose: unique symbol;
}

interface Disposable {
  [Symbol.dispose](): void;
}
`;

/**
 * Imports end in `.js`, as TypeScript's `node16` resolution wants them, and what is newer than ES2022 is declared, so
 * that a program with `lib: ["ES2022"]` and TypeScript 5.0 can check the file.
 */
function forNode(path: string, text: string): string {
  const js = text.replaceAll(SPECIFIER, '$1$2.js"').replaceAll(BUFFERED, "$1");
  if (!/\bDisposable\b|\bSymbol\.dispose\b/.test(js)) return js;
  const up = "../".repeat(path.split("/").length - 1);
  return `/// <reference path="${up}${DISPOSABLE.replace(".ts", ".d.ts")}" />\n${js}`;
}

function sentence({ messageText, file }: ts.Diagnostic): string {
  return `${file?.fileName ?? ""} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
}
