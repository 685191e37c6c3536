/**
 * Weaving: all mutants of a file in one source, each with a switch, so that trying one takes neither a new copy nor
 * new modules, and one run of a test tells which mutants it could notice at all: those that would have computed
 * something else than the original somewhere in it.
 *
 * @module
 */

import ts from "npm:typescript@5.9.3";
import { isLeftOut, isNegation, mutationsOf, parse } from "./mutants.ts";

/**
 * The source with its mutants, numbered from `first` in the order of `mutantsOf`; every loop and call counts its turns.
 */
export function weave(file: string, source: string, first: number, switches: URL): string {
  return new Weaver(parse(file, source), first).weave(switches);
}

class Weaver {
  readonly #tree: ts.SourceFile;
  #next: number;
  /** Operators with their mutants, as functions: operands are computed once, both results compared. */
  #functions = "";

  constructor(tree: ts.SourceFile, first: number) {
    this.#tree = tree;
    this.#next = first;
  }

  weave(switches: URL): string {
    const text = this.#parts(this.#tree);
    return `import * as $ from ${JSON.stringify(switches.href)};${text}\n${this.#functions}`;
  }

  /** A piece of the syntax tree with the mutants in it. */
  #piece(node: ts.Node): string {
    if (isLeftOut(node, this.#tree)) return node.getText(this.#tree);
    const first = this.#next;
    const mutations = mutationsOf(node, this.#tree);
    this.#next += mutations.length;
    const isCondition = mutations.length >= 2;
    const own = isCondition ? mutations[2] : mutations[0];
    const text = own === undefined
      ? this.#parts(node)
      : this.#mutated(node, own.replacement, isCondition ? first + 2 : first);
    if (!isCondition) return text;
    const ask = hasEffects(node) ? "done" : "asked";
    return `($.state.active===${first}?true:$.state.active===${first + 1}?false:` +
      `$.${ask}(${first},${first + 1},${text}))`;
  }

  /** A piece that has a mutant of its own. */
  #mutated(node: ts.Node, replacement: string, mutant: number): string {
    if (ts.isBinaryExpression(node)) return this.#operator(node, replacement, mutant);
    if (isNegation(node)) {
      return `(($.state.left=${
        this.#piece(node.operand)
      }),$.on(${mutant})?$.state.left:!$.state.left)`;
    }
    const parts = this.#parts(node);
    return ts.isStatement(node)
      ? `{if(!$.on(${mutant})){${parts}}}`
      : `($.on(${mutant})?${replacement}:${parts})`;
  }

  #operator(node: ts.BinaryExpression, other: string, mutant: number): string {
    const operator = node.operatorToken.getText(this.#tree);
    const [left, right] = [this.#piece(node.left), this.#piece(node.right)];
    if (operator === "+=" || operator === "-=") {
      return `${left}${operator}($.on(${mutant})?-(${right}):(${right}))`;
    }
    if (operator === "&&" || operator === "||") {
      const goesOn = `($.on(${mutant})===${operator === "||"})===!!$.state.left`;
      return `(($.state.left=(${left})),${goesOn}?(${right}):$.state.left)`;
    }
    this.#functions +=
      `function $${mutant}(a,b){return $.either(${mutant},a${operator}b,a${other}b)}\n`;
    return `$${mutant}(${left},${right})`;
  }

  /** The text of a piece, with what is below it woven. */
  #parts(node: ts.Node): string {
    const { text } = this.#tree;
    let at = ts.isSourceFile(node) ? 0 : node.getStart(this.#tree);
    let woven = "";
    ts.forEachChild(node, (child) => {
      const start = child.getStart(this.#tree);
      woven += text.slice(at, start) + this.#child(node, child);
      at = child.getEnd();
    });
    return woven + text.slice(at, node.getEnd());
  }

  /** A child; the body of a loop or a function counts its turns. */
  #child(node: ts.Node, child: ts.Node): string {
    const piece = this.#piece(child);
    if (ts.isFunctionLike(node) && ts.isBlock(child) && !ts.isConstructorDeclaration(node)) {
      return `{$.turn();${piece.slice(1)}`;
    }
    const isBody = ts.isIterationStatement(node, false) && node.statement === child;
    return isBody ? `{$.turn();${piece}}` : piece;
  }
}

/** Whether computing it does something besides, as far as the syntax tells. */
function hasEffects(node: ts.Node): boolean {
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return true;
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) return true;
  if (ts.isPostfixUnaryExpression(node)) return true;
  if (ts.isPrefixUnaryExpression(node)) {
    const { operator } = node;
    if (operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken) {
      return true;
    }
  }
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const { FirstAssignment, LastAssignment } = ts.SyntaxKind;
    if (kind >= FirstAssignment && kind <= LastAssignment) return true;
  }
  return ts.forEachChild(node, hasEffects) ?? false;
}
