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
  /** Properties of node pools that hold what nobody reads: counters and the like. */
  readonly unread: readonly string[];
  /** Constants whose digits would be too long where they are used, and not needed there for speed. */
  readonly variables: readonly string[];
  /** Parameters that are the same in every call, by name: the source text of their value. */
  readonly parameters: Readonly<Record<string, string>>;
  /**
   * Members of the tree's classes that bear a name of the language's own, such as `entries`: they get another, which
   * the bundler may shorten.
   */
  readonly renamed: ReadonlySet<string>;
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
  unread: [],
  variables: [],
  parameters: {},
  renamed: new Set(),
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
    reserved: "0",
    limit: "Infinity",
  },
  unread: ["counters", "budget", "rcuDomain", "poison"],
  variables: ["MAX_INDEX"],
  parameters: { bulk: "false", promised: "0" },
  renamed: new Set(["big", "entries", "gaps", "link", "shift", "values"]),
  unused: new Set(),
  // No nodes are reserved for stores to come.
  comparisons: {
    'supply === "prepared"': "false",
    'supply === "bulk"': "false",
    'supply !== "prepared"': "true",
    // Nothing limits them but the system's memory.
    "!(count <= this.budget.left) || this.#lacks(count)": "false",
  },
  modules: {
    "counters.ts": "export class Counters {}",
    // One error of two, without what the tree's other errors share with those of other rooms.
    "errors.ts": "export class MapleError extends Error { constructor(code, message) {\n" +
      'super(message); this.name = "MapleError"; this.code = code; } }',
    "rcu.ts": "export class RcuDomain {}\nexport function checkOpen() {}",
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
  const literals = new Map([...takenConstants(path, file), ...ownConstants(file)]);
  const variables = known.variables.filter((name) => literals.delete(name));
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    const edit = namespaceEdit(node, spaces) ?? constantEdit(path, node, literals, variables) ??
      unreadEdit(node, known) ?? knownEdit(node, known) ?? renameEdit(path, node, known);
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

/**
 * The constants of one file's own, by name, where they are short integers: bundled, V8 would take them for variables.
 */
function ownConstants(file: ts.SourceFile): Map<string, string> {
  const literals = new Map<string, string>();
  for (const node of file.statements) {
    const name = ownConstant(node);
    if (name !== undefined) literals.set(name.name, name.value);
  }
  return literals;
}

/** A statement `const NAME = 12`, not exported. */
function ownConstant(node: ts.Node): { name: string; value: string } | undefined {
  if (!ts.isVariableStatement(node) || node.modifiers !== undefined) return undefined;
  const { flags, declarations: [declaration] } = node.declarationList;
  const { name, initializer } = declaration!;
  if ((flags & ts.NodeFlags.Const) === 0 || initializer === undefined) return undefined;
  const isShort = ts.isNumericLiteral(initializer) && initializer.text.length <= 4;
  return isShort && ts.isIdentifier(name)
    ? { name: name.text, value: initializer.text }
    : undefined;
}

/** What stands for a constant, for taking or making some of them, and for the import of the layout. */
function constantEdit(
  path: string,
  node: ts.Node,
  literals: ReadonlyMap<string, string>,
  variables: readonly string[],
): string | undefined {
  if (ts.isImportDeclaration(node)) {
    if (!/^import \* as layout\b/.test(node.getText())) return undefined;
    const { moduleSpecifier } = node;
    return variables.length === 0
      ? ""
      : `import { ${variables.join(", ")} } from ${moduleSpecifier.getText()};`;
  }
  if (isConstants(destructured(node)?.from ?? "") || ownConstant(node) !== undefined) return "";
  if (ts.isIdentifier(node)) return isMember(node) ? undefined : literals.get(node.text);
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const from = node.expression.getText();
  return isConstants(from) ? constant(path, from, node.name.text) : undefined;
}

/** Whether this names a member of something, rather than a variable. */
function isMember(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) &&
    parent.name === node;
}

function isConstants(name: string): name is keyof typeof CONSTANTS {
  return Object.hasOwn(CONSTANTS, name);
}

function constant(path: string, from: keyof typeof CONSTANTS, name: string): string {
  const value = CONSTANTS[from].get(name);
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

/** What stands for the making and taking of properties that are known or that nobody reads. */
function unreadEdit(node: ts.Node, known: Known): string | undefined {
  const isNeedless = (name: string) =>
    known.unread.includes(name) || Object.hasOwn(known.properties, name);
  if (ts.isPropertyDeclaration(node)) {
    return isOwner(node.parent) && isNeedless(node.name.getText()) ? "" : undefined;
  }
  if (ts.isExpressionStatement(node)) {
    return changesUnread(node.expression, known) ? ";" : undefined;
  }
  if (ts.isVariableDeclaration(node)) return bindingEdit(node, known, isNeedless);
  if (!ts.isObjectLiteralExpression(node) || !ts.isNewExpression(node.parent)) return undefined;
  const isOptions = node.parent.expression.getText() === "NodePool" &&
    node.properties.every(({ name }) => name !== undefined && isNeedless(name.getText()));
  return isOptions ? "{}" : undefined;
}

/** Begins the names that stand for those of {@linkcode Known.renamed}. */
export const RENAMED = "$";

/** Another name for a member that bears one of the language's. */
function renameEdit(path: string, node: ts.Node, { renamed }: Known): string | undefined {
  if (!ts.isIdentifier(node) || !renamed.has(node.text) || !TREE_FILES.test(path)) return undefined;
  const { parent } = node;
  const isVariableToo = ts.isShorthandPropertyAssignment(parent) ||
    (ts.isBindingElement(parent) && parent.name === node && parent.propertyName === undefined);
  if (isVariableToo) return `${RENAMED}${node.text}: ${node.text}`;
  const isTaken = ts.isBindingElement(parent) && parent.propertyName === node;
  const isDeclared = (ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) ||
    ts.isAccessor(parent)) && parent.name === node;
  return isTaken || isDeclared || isMember(node) ? `${RENAMED}${node.text}` : undefined;
}

/** The files that use the tree's own members. */
const TREE_FILES = /\/src\/tree\/\w+\.ts$|\/maple_ranges\.ts$/;

/** Whether this is the class of node pools or of cursors. */
function isOwner(node: ts.Node): boolean {
  return ts.isClassDeclaration(node) && /^(NodePool|Cursor)$/.test(node.name?.text ?? "");
}

/** `const { words, innerSlots, counters } = pool` as `const { words } = pool, innerSlots = 22`. */
function bindingEdit(
  { name, initializer }: ts.VariableDeclaration,
  { properties, renamed }: Known,
  isNeedless: (name: string) => boolean,
): string | undefined {
  if (initializer === undefined || !ts.isObjectBindingPattern(name)) return undefined;
  const from = initializer.getText();
  if (!POOL.test(from)) return undefined;
  const names = name.elements.map((element) => element.getText());
  if (!names.some(isNeedless)) return undefined;
  const kept = names.filter((taken) => !isNeedless(taken))
    .map((taken) => renamed.has(taken) ? `${RENAMED}${taken}: ${taken}` : taken);
  return [
    `{ ${kept.join(", ")} } = ${from}`,
    ...names.filter((taken) => Object.hasOwn(properties, taken)).map((taken) =>
      `${taken} = ${properties[taken]}`
    ),
  ].join(", ");
}

/** Whether this changes nothing but a known property, what nobody reads, or something that this holds. */
function changesUnread(node: ts.Expression, { properties, unread }: Known): boolean {
  let changed: ts.Expression;
  if (ts.isPostfixUnaryExpression(node)) changed = node.operand;
  else if (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) {
    changed = node.left;
  } else return false;
  if (!ts.isPropertyAccessExpression(changed)) return false;
  const { expression, name } = changed;
  const holder = expression.getText();
  if (unread.some((word) => new RegExp(`(^|\\.)${word}$`).test(holder))) return true;
  if (unread.includes(name.text)) return POOL.test(holder);
  return Object.hasOwn(properties, name.text) && ownerOf(name.text).test(holder) &&
    (name.text !== "gaps" || holder !== "this" || isOwner(classOf(node)));
}

/** The class around a node; its file if there is none. */
function classOf(node: ts.Node): ts.Node {
  return ts.isClassDeclaration(node) || ts.isSourceFile(node) ? node : classOf(node.parent);
}

const ASSIGNMENTS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.PlusEqualsToken,
  ts.SyntaxKind.MinusEqualsToken,
]);

/** What node pools are called, and cursors where they have properties of the same names. */
const POOL = /(^|\.)(pool|options|this|c)$/;

/**
 * What has a known property of this name. The gaps of a big node are a list; those of a pool are whether it tracks any.
 */
function ownerOf(name: string): RegExp {
  return name === "gaps" ? /(^|\.)(pool|options|this)$/ : POOL;
}

/** What stands for what is known: a property, a comparison, a member that nothing uses. */
function knownEdit(
  node: ts.Node,
  { properties, parameters, unused, comparisons }: Known,
): string | undefined {
  if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) {
    const name = node.name.getText();
    if (!unused.has(name)) return undefined;
    // What never runs may call it: a private name must be declared all the same.
    return ts.isPrivateIdentifier(node.name) ? `${name}() {}` : "";
  }
  if (ts.isBinaryExpression(node)) return comparisons[node.getText()];
  if (ts.isIdentifier(node) && !ts.isParameter(node.parent) && !isMember(node)) {
    return Object.hasOwn(parameters, node.text) ? parameters[node.text] : undefined;
  }
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const { parent } = node;
  const isWritten = ts.isBinaryExpression(parent) && parent.left === node &&
    ASSIGNMENTS.has(parent.operatorToken.kind);
  const name = node.name.text;
  const holder = node.expression.getText();
  if (name === "gaps" && holder === "this" && !isOwner(classOf(node))) return undefined;
  return !isWritten && ownerOf(name).test(holder) ? properties[name] : undefined;
}
