/**
 * Mutants: small changes of a source file, each of which a test should notice. They are made from the syntax tree, so
 * that every one of them parses.
 *
 * Not mutated: types, imports, texts, and statements that only count work (`work.slotsMoved += …`): they change no answer.
 *
 * @module
 */

import ts from "npm:typescript@5.9.3";

/** One change. */
export interface Mutant {
  /** The file, from the root. */
  readonly file: string;
  /** Line, counted from 1. */
  readonly line: number;
  /** First character that is replaced. */
  readonly start: number;
  /** First character that is not. */
  readonly end: number;
  /** What stands there instead. */
  readonly replacement: string;
  /** `condition`, `bound`, `off by one`, `operator`, `removed`. */
  readonly kind: string;
}

/** What each comparison becomes: the bound moved by one, and the opposite. */
const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  "<": ["<="],
  "<=": ["<"],
  ">": [">="],
  ">=": [">"],
  "===": ["!=="],
  "!==": ["==="],
};

/** What each operator becomes. */
const OPERATORS: Readonly<Record<string, string>> = {
  "&&": "||",
  "||": "&&",
  "+": "-",
  "-": "+",
  "<<": ">>",
  ">>": "<<",
  "&": "|",
  "|": "&",
};

/** All mutants of a file. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, replacement: string, kind: string) => {
    const start = node.getStart(tree);
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({ file, line, start, end: node.getEnd(), replacement, kind });
  };
  const visit = (node: ts.Node): void => {
    if (isLeftOut(node, tree)) return;
    mutate(node, tree, add);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mutants;
}

/** The source with the change made. */
export function mutated(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

/** The change as `file:line kind: old ▸ new`. */
export function describe(source: string, mutant: Mutant): string {
  const old = source.slice(mutant.start, mutant.end).replace(/\s+/g, " ");
  const short = old.length > 60 ? old.slice(0, 57) + "…" : old;
  const now = mutant.replacement === "" ? "nothing" : mutant.replacement.replace(/\s+/g, " ");
  return `${mutant.file}:${mutant.line} ${mutant.kind}: ${short} ▸ ${
    now.length > 60 ? now.slice(0, 57) + "…" : now
  }`;
}

function isLeftOut(node: ts.Node, tree: ts.SourceFile): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    return true;
  }
  if (ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node)) return true;
  // What an error says is for its reader, not for a test.
  if (ts.isThrowStatement(node) || ts.isTemplateExpression(node)) return !ts.isThrowStatement(node);
  return ts.isExpressionStatement(node) &&
    /^(this\.|pool\.|run\.pool\.)?work\.|\.work\./.test(node.getText(tree));
}

type Add = (node: ts.Node, replacement: string, kind: string) => void;

function mutate(node: ts.Node, tree: ts.SourceFile, add: Add): void {
  if (ts.isBinaryExpression(node)) mutateBinary(node, tree, add);
  else if (ts.isIfStatement(node)) mutateCondition(node.expression, add);
  else if (ts.isConditionalExpression(node)) mutateCondition(node.condition, add);
  else if (ts.isPrefixUnaryExpression(node)) mutateUnary(node, tree, add);
  else if (ts.isNumericLiteral(node)) mutateNumber(node, tree, add);
  else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false", "condition");
  else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true", "condition");
  else if (isRemovable(node)) add(node, ";", "removed");
}

function mutateBinary(node: ts.BinaryExpression, tree: ts.SourceFile, add: Add): void {
  const operator = node.operatorToken.getText(tree);
  for (const other of COMPARISONS[operator] ?? []) {
    add(node.operatorToken, other, /[<>]/.test(operator) ? "bound" : "condition");
  }
  const other = OPERATORS[operator];
  if (other !== undefined) add(node.operatorToken, other, "operator");
  if (operator === "+=") add(node.operatorToken, "-=", "operator");
  if (operator === "-=") add(node.operatorToken, "+=", "operator");
}

function mutateCondition(condition: ts.Expression, add: Add): void {
  add(condition, "true", "condition");
  add(condition, "false", "condition");
}

function mutateUnary(node: ts.PrefixUnaryExpression, tree: ts.SourceFile, add: Add): void {
  if (node.operator === ts.SyntaxKind.ExclamationToken) {
    add(node, node.operand.getText(tree), "condition");
  }
}

/** Small numbers are bounds and steps; the large ones are tables of the kernel's flags. */
function mutateNumber(node: ts.NumericLiteral, tree: ts.SourceFile, add: Add): void {
  const value = Number(node.getText(tree));
  if (value > 64 || isTable(node)) return;
  add(node, String(value + 1), "off by one");
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
