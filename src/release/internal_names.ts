/**
 * Which properties the bundle of the range maps may rename.
 *
 * A sixth of a minified tree would be names such as `innerSlots` and `doubles`, which no program ever sees: bundlers
 * shorten variables but not properties. The package comes with those shortened; its source maps have the names.
 *
 * A name qualifies if a class or interface of the bundle declares it, and if it is neither in the public types of the
 * range maps, nor a property of anything that JavaScript has, nor used between quotes: `object["name"]`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import ts from "typescript";
import type { Declarations } from "./declarations.ts";
import type { Project } from "./project.ts";

/** Public types of the range maps. */
const PUBLIC = /^src\/range_map\//;
/** Properties that the language itself looks for. */
const PROTOCOLS = ["next", "return", "throw", "done", "value", "then", "toJSON"];

/** The names that may be renamed in the bundle of `entry`. */
export async function internalNames(
  project: Project,
  entry: string,
  declarations: Declarations,
): Promise<string[]> {
  const kept = builtinNames();
  for (const [path, text] of declarations) {
    if (PUBLIC.test(path)) eachNode(parse(path, text), (node) => addMember(kept, node));
  }
  const declared = new Set<string>();
  for (const path of await modules(project, entry)) {
    eachNode(parse(path, await Deno.readTextFile(new URL(path, project.root))), (node) => {
      if (isPropertyText(node)) kept.add(node.text);
      addMember(declared, node);
    });
  }
  return [...declared].filter((name) => !kept.has(name)).sort();
}

/** Those of the names that are nowhere in a bundle but where a class declares them, and such private methods. */
export function unusedNames(bundle: string, names: readonly string[]): string[] {
  const used = new Set<string>();
  const methods = new Set<string>();
  eachNode(parse("bundle.js", bundle), (node) => {
    if (ts.isPropertyAccessExpression(node)) used.add(node.name.text);
    if (ts.isMethodDeclaration(node) && ts.isPrivateIdentifier(node.name)) {
      methods.add(node.name.text);
    }
    if (ts.isBindingElement(node)) used.add((node.propertyName ?? node.name).getText());
    if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
      used.add(node.name.getText());
    }
  });
  return [...names, ...methods].filter((name) => !used.has(name));
}

/** The modules of the bundle of `entry`, by their paths in the project. */
async function modules({ root }: Project, entry: string): Promise<string[]> {
  const { metafile } = await esbuild.build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/** Adds the name of a member of a class or an interface, but for what the class keeps to itself. */
function addMember(names: Set<string>, node: ts.Node): void {
  const isMember = ts.isPropertyDeclaration(node) || ts.isMethodDeclaration(node) ||
    ts.isAccessor(node) || ts.isPropertySignature(node) || ts.isMethodSignature(node);
  if (isMember && ts.isIdentifier(node.name)) names.add(node.name.text);
}

/** Whether this is the `"name"` of `object["name"]` or of `"name" in object`. */
function isPropertyText(node: ts.Node): node is ts.StringLiteralLike {
  if (!ts.isStringLiteralLike(node)) return false;
  const { parent } = node;
  return ts.isElementAccessExpression(parent) ||
    (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InKeyword);
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
}

function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => eachNode(child, visit));
}

/** The properties of everything that the language defines, and of what its constructors make. */
function builtinNames(): Set<string> {
  const names = new Set<string>(PROTOCOLS);
  const add = (value: unknown) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
    for (const name of Object.getOwnPropertyNames(value)) names.add(name);
  };
  for (const name of BUILTINS) {
    const value: unknown = Reflect.get(globalThis, name);
    add(value);
    if (typeof value === "function") add(value.prototype);
  }
  add(Object.getPrototypeOf(Int8Array));
  add(Object.getPrototypeOf(Int8Array).prototype);
  return names;
}

/** What the range maps and their tree use of the language. */
const BUILTINS = [
  "Array",
  "ArrayBuffer",
  "Atomics",
  "BigInt",
  "Error",
  "Float64Array",
  "Function",
  "Int32Array",
  "Map",
  "Math",
  "Number",
  "Object",
  "RangeError",
  "SharedArrayBuffer",
  "String",
  "Symbol",
  "TypeError",
  "WeakRef",
] as const;
