/**
 * Mutants: small changes of a source file, each of which a test should notice. They are made from the syntax tree, so
 * that every one of them parses.
 *
 * Not mutated: types, imports, texts, and statements that only count work (`counters.split++`): they change no
 * answer.
 *
 * @module
 */

import ts from "npm:typescript@5.9.3";

/** One change of one piece of the syntax tree. */
export interface Mutation {
  /** First character that is replaced. */
  readonly start: number;
  /** First character that is not. */
  readonly end: number;
  /** What stands there instead. */
  readonly replacement: string;
  /** `condition`, `bound`, `off by one`, `operator`, `removed`. */
  readonly kind: string;
}

/** One change of one file. */
export interface Mutant extends Mutation {
  /** The file, from the root. */
  readonly file: string;
  /** Line, counted from 1. */
  readonly line: number;
}

/** What each operator becomes: a bound is moved by one, the rest turned into its opposite. */
const OPERATORS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "+": "-",
  "-": "+",
  "<<": ">>",
  ">>": "<<",
  "&": "|",
  "|": "&",
  "+=": "-=",
  "-=": "+=",
};

/** All mutants of a file. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = parse(file, source);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isLeftOut(node, tree)) return;
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    for (const mutation of mutationsOf(node, tree)) {
      mutants.push({ file, line, ...mutation });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mutants;
}

/** The syntax tree of a source file. */
export function parse(file: string, source: string): ts.SourceFile {
  return ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
}

/** The mutant as `file:line kind: old ▸ new`. */
export function describe(source: string, mutant: Mutant): string {
  return `${mutant.file}:${mutant.line} ${mutant.kind}: ${changeOf(source, mutant)}`;
}

/** The change as `old ▸ new`; if `old` stands in its line several times, with which of them it is. */
export function changeOf(source: string, { start, end, replacement }: Mutant): string {
  const old = source.slice(start, end);
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const place = source.slice(lineStart, start).split(old).length;
  const which = place > 1 ? ` (${place})` : "";
  return `${shortened(old)} ▸ ${shortened(replacement)}${which}`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? line.slice(0, 57) + "…" : line;
}

/** Whether nothing below this piece is mutated. */
export function isLeftOut(node: ts.Node, tree: ts.SourceFile): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    return true;
  }
  if (ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node)) return true;
  if (ts.isTemplateExpression(node) || isError(node, tree)) return true;
  return ts.isExpressionStatement(node) &&
    /^[\w.#]*\bcounters\.\w+(\+\+| \+=)/.test(node.getText(tree));
}

/** Making an error: what it says is for its reader, not for a test. (That it is thrown is mutated.) */
function isError(node: ts.Node, tree: ts.SourceFile): boolean {
  return (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    /^(cannot|fails|\w*Error)$/.test(node.expression.getText(tree));
}

/** The mutations of one piece of the syntax tree, those of its parts left out. */
export function mutationsOf(node: ts.Node, tree: ts.SourceFile): Mutation[] {
  const change = (at: ts.Node, replacement: string, kind: string): Mutation => ({
    start: at.getStart(tree),
    end: at.getEnd(),
    replacement,
    kind,
  });
  const own: Mutation[] = [];
  if (isCondition(node)) {
    own.push(change(node, "true", "condition"), change(node, "false", "condition"));
  }
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText(tree);
    const other = OPERATORS[operator];
    if (other !== undefined) own.push(change(node.operatorToken, other, kindOf(operator)));
  } else if (isNegation(node)) {
    own.push(change(node, node.operand.getText(tree), "condition"));
  } else if (ts.isNumericLiteral(node)) {
    const value = Number(node.getText(tree));
    // Small numbers are bounds and steps; the large ones are tables of the kernel's flags.
    if (value <= 64 && !isTable(node)) own.push(change(node, String(value + 1), "off by one"));
  } else if (node.kind === ts.SyntaxKind.TrueKeyword) own.push(change(node, "false", "condition"));
  else if (node.kind === ts.SyntaxKind.FalseKeyword) own.push(change(node, "true", "condition"));
  else if (isRemovable(node)) own.push(change(node, ";", "removed"));
  return own;
}

/** What an `if` or a `?:` asks. */
function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (parent === undefined) return false;
  return ts.isIfStatement(parent) && parent.expression === node ||
    ts.isConditionalExpression(parent) && parent.condition === node;
}

/** A `!`. */
export function isNegation(node: ts.Node): node is ts.PrefixUnaryExpression {
  return ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken;
}

function kindOf(operator: string): string {
  if (/^[<>]=?$/.test(operator)) return "bound";
  return /^[!=]==$/.test(operator) ? "condition" : "operator";
}

/** A number that a constant, an enum-like table or a property begins with. */
function isTable(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isVariableDeclaration(parent) && isTopLevel(parent) || ts.isPropertyAssignment(parent);
}

function isTopLevel(node: ts.VariableDeclaration): boolean {
  return ts.isSourceFile(node.parent.parent.parent);
}

function isRemovable(node: ts.Node): boolean {
  return ts.isExpressionStatement(node) || ts.isThrowStatement(node) ||
    ts.isContinueStatement(node);
}
