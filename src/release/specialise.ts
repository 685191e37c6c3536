/**
 * The tree's code, specialised for a bundle: what is the same for every tree in it becomes a literal, and what then
 * cannot run is left out.
 *
 * In every bundle the constants of a node's layout and the numbers of statuses are literals. A file takes them by
 * `const { END, PIVOTS } = layout`, which V8 likes in separate modules; in one bundle that is an object with a getter
 * for each, and a variable for each in every file. The trees of range maps, besides, all track gaps, have no readers
 * beside the writer, and count no work.
 *
 * @module
 */

import type { Plugin } from "esbuild";
import ts from "typescript";
import { Unable } from "../command/command.ts";
import { Status } from "../tree/cursor.ts";
import * as layout from "../tree/node_layout.ts";
import { StoreType } from "../tree/write_state.ts";

/** What is known of the trees of a bundle. */
export interface Known {
  /** Properties of node pools and cursors that never change, by name: the source text of their value. */
  readonly properties: Readonly<Record<string, string>>;
  /** Objects of which nobody reads what is counted in them. */
  readonly counters: readonly string[];
  /** Members of classes that nothing uses. */
  readonly unused: ReadonlySet<string>;
  /** Comparisons of which the answer never changes, as they are written: the source text of it. */
  readonly comparisons: Readonly<Record<string, string>>;
  /** Modules of `src/tree` of which next to nothing is used, by name: what stands for them. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Nothing is known of the trees of programs that make their own. */
export const ANY_TREE: Known = {
  properties: {},
  counters: [],
  unused: new Set(),
  comparisons: {},
  modules: {},
};

/** What is known of the trees of range maps. */
export const RANGE_MAPS: Known = {
  properties: {
    gaps: "true",
    rcu: "false",
    shared: "false",
    section: "undefined",
    log: "undefined",
    numbers: "undefined",
    innerSlots: String(layout.GAP_SLOTS),
    innerCapacity: String(layout.GAP_CAPACITY),
    innerMinEnd: String(layout.GAP_MIN_END),
  },
  counters: ["counters"],
  unused: new Set(),
  // No nodes are reserved for stores to come.
  comparisons: {
    'supply === "prepared"': "false",
    'supply === "bulk"': "false",
    'supply !== "prepared"': "true",
  },
  modules: {
    "counters.ts": "export class Counters {}",
    // What waits for readers, which a copy of the pool asks for: nothing.
    "rcu.ts": "export class RcuDomain { nodes() { return []; } handles() { return []; } }\n" +
      "export function checkOpen() {}",
  },
};

/** Constants by the name of the object that has them: of the modules, and of what files call them. */
const CONSTANTS = {
  layout: new Map<string, number>(Object.entries(layout)),
  Status: new Map<string, number>(Object.entries(Status)),
  StoreType: new Map<string, number>(Object.entries(StoreType)),
  Type: new Map<string, number>(Object.entries(StoreType)),
} as const;

/** esbuild's plugin that specialises `src/tree` and `src/range_map`. */
export function specialise(known: Known): Plugin {
  return {
    name: "specialise",
    setup(build) {
      build.onLoad({ filter: /\/src\/(tree|range_map)\/\w+\.ts$/ }, async ({ path }) => ({
        contents: specialised(path, await Deno.readTextFile(path), known),
        loader: "ts",
      }));
    },
  };
}

/** A change of the text from `start` to before `end`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text of a module with literals for what is known, and without what is not used, line by line. */
export function specialised(path: string, text: string, known: Known): string {
  const module = known.modules[path.slice(path.lastIndexOf("/") + 1)];
  if (module !== undefined) return module;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const spaces = namespaces(file);
  const literals = takenConstants(path, file);
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    const edit = namespaceEdit(node, spaces) ?? constantEdit(path, node, literals) ??
      knownEdit(node, known);
    if (edit === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    const start = node.getStart(file);
    const lines = text.slice(start, node.end).split("\n").length - 1;
    edits.push({ start, end: node.end, text: edit + "\n".repeat(lines) });
  };
  visit(file);
  return edits.reduceRight(
    (whole, edit) => whole.slice(0, edit.start) + edit.text + whole.slice(edit.end),
    text,
  );
}

/** Modules that a file imports whole to take functions from, by the name it gives them. */
function namespaces(file: ts.SourceFile): Map<string, string> {
  const found = new Map<string, string>();
  for (const node of file.statements) {
    const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
      found.set(bindings.name.text, bindings.parent.parent.moduleSpecifier.getText());
    }
  }
  found.delete("layout");
  return found;
}

/** `const { extent } = gaps` of `import * as gaps` as an import of `extent`. */
function namespaceEdit(node: ts.Node, spaces: ReadonlyMap<string, string>): string | undefined {
  const taken = destructured(node);
  const module = spaces.get(taken?.from ?? "");
  if (taken === undefined || module === undefined) return undefined;
  return `import { ${taken.names.join(", ")} } from ${module};`;
}

/** The constants that a file takes out of their objects, by name: the source text of their values. */
function takenConstants(path: string, file: ts.SourceFile): Map<string, string> {
  const literals = new Map<string, string>();
  for (const node of file.statements) {
    const taken = destructured(node);
    if (taken === undefined || !isConstants(taken.from)) continue;
    for (const name of taken.names) literals.set(name, constant(path, taken.from, name));
  }
  return literals;
}

/** What stands for a constant, for taking some of them, and for the import of the layout. */
function constantEdit(
  path: string,
  node: ts.Node,
  literals: ReadonlyMap<string, string>,
): string | undefined {
  if (ts.isImportDeclaration(node)) {
    return /^import \* as layout\b/.test(node.getText()) ? "" : undefined;
  }
  if (isConstants(destructured(node)?.from ?? "")) return "";
  if (ts.isIdentifier(node)) return literals.get(node.text);
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const from = node.expression.getText();
  return isConstants(from) ? constant(path, from, node.name.text) : undefined;
}

function isConstants(name: string): name is keyof typeof CONSTANTS {
  return Object.hasOwn(CONSTANTS, name);
}

function constant(path: string, from: keyof typeof CONSTANTS | string, name: string): string {
  const value = isConstants(from) ? CONSTANTS[from].get(name) : undefined;
  if (value === undefined) throw new Unable(`${path} takes ${name} of ${from}, which has none`);
  return value < 0 ? `(${value})` : String(value);
}

/** A statement `const { a, b } = from`. */
function destructured(node: ts.Node): { from: string; names: string[] } | undefined {
  if (!ts.isVariableStatement(node)) return undefined;
  const [declaration] = node.declarationList.declarations;
  if (declaration?.initializer === undefined) return undefined;
  if (!ts.isObjectBindingPattern(declaration.name)) return undefined;
  return {
    from: declaration.initializer.getText(),
    names: declaration.name.elements.map(({ name }) => name.getText()),
  };
}

/** What stands for what is known: a property, a statement that counts, a member that nothing uses. */
function knownEdit(
  node: ts.Node,
  { properties, counters, unused, comparisons }: Known,
): string | undefined {
  if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) {
    return unused.has(node.name.getText()) ? "" : undefined;
  }
  if (ts.isExpressionStatement(node)) {
    return counters.some((name) => counts(node.expression, name)) ? ";" : undefined;
  }
  if (ts.isBinaryExpression(node)) return comparisons[node.getText()];
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const { parent } = node;
  const isWritten = ts.isBinaryExpression(parent) && parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  const name = node.name.text;
  // The gaps of a big node are a list; those of a pool are whether it tracks any.
  const owner = name === "gaps" ? /(^|\.)(pool|options)$/ : /(^|\.)(pool|options|this|c)$/;
  return !isWritten && owner.test(node.expression.getText()) ? properties[name] : undefined;
}

/** Whether this is `… name.count++` or `… name.count += n`. */
function counts(node: ts.Expression, name: string): boolean {
  if (ts.isPostfixUnaryExpression(node)) return isOf(node.operand, name);
  return ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken && isOf(node.left, name);
}

function isOf(node: ts.Expression, name: string): boolean {
  return ts.isPropertyAccessExpression(node) &&
    new RegExp(`(^|\\.)${name}$`).test(node.expression.getText());
}
