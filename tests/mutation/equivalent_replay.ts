/**
 * Mutants of replaying, and of finding and reducing faults, that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const REPLAY: Equivalences = {
  "src/replay/assumptions.ts": [
    [
      "same",
      'const flipped = list.flatMap((each) => each.kind === "rule" ? [[each.name, each.value]] : []);',
      ['each.kind === "rule" ▸ true'],
      "What has no rule's name is passed over where rules are set.",
    ],
    [
      "same",
      'const faults = list.flatMap((each) => each.kind === "huge zero page" ? [each] : []);',
      ['each.kind === "huge zero page" ▸ true'],
      "What has no step comes before none.",
    ],
  ],
  "src/replay/settle.ts": [
    [
      "slower",
      "...(validate !== undefined && until === Infinity && { validate }),",
      ["&& ▸ ||"],
      "The first replay of all validates every step already.",
    ],
    [
      "same",
      "if (mm === undefined) return found;",
      ["mm === undefined ▸ false"],
      "The process of a step is there; the check is for the type checker.",
    ],
  ],
  "src/replay/compiled.ts": [
    [
      "same",
      "hash = mix(hash, space.mapCount);",
      ["hash = mix(hash, space.mapCount); ▸ ;"],
      "The VMAs that are hashed next tell how many there are.",
    ],
  ],
  "src/replay/copy_system.ts": [
    [
      "same",
      "to.mmapBase = from.mmapBase;",
      ["to.mmapBase = from.mmapBase; ▸ ;"],
      "The copy is made with the original's descriptor for its options, of which this is one.",
    ],
    [
      "same",
      "to.legacyLayout = from.legacyLayout;",
      ["to.legacyLayout = from.legacyLayout; ▸ ;"],
      "The copy is made with the original's descriptor for its options, of which this is one.",
    ],
    [
      "slower",
      "if (vma.anonVmaChain.length === 0) continue;",
      ["vma.anonVmaChain.length === 0 ▸ false", "continue; ▸ ;"],
      "Of no anon_vmas the copies are none.",
    ],
    [
      "same",
      "copy.children = anonVma.children;",
      ["copy.children = anonVma.children; ▸ ;"],
      "Each copied child counts itself with its copied parent.",
    ],
    [
      "same",
      "if (twin !== undefined) copy.vmas.add(twin);",
      ["twin !== undefined ▸ true"],
      "Every VMA of the system was copied; the check is for the type checker.",
    ],
  ],
  "src/replay/direct_call.ts": [
    [
      "same",
      "const counts = [address, length, request?.offset ?? 0];",
      ["0 ▸ 1"],
      "What is not there is to pass, as both do.",
    ],
    [
      "same",
      "const flags = [third, request?.protection ?? 0, request?.flags ?? 0];",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "What is not there is to pass, as both do.",
    ],
  ],
  "src/replay/step.ts": [
    [
      "same",
      "const { rawIo, mmapMinAddress = 0 } = this.header ?? {};",
      ["0 ▸ 1"],
      "A trace begins with its header, which has it; the default is for the type checker.",
    ],
    [
      "same",
      "const unmodelled = isAction ? undefined : decoded?.unmodelled;",
      ["isAction ▸ false"],
      "An action has no such reason.",
    ],
  ],
  "src/replay/replay.ts": [
    [
      "same",
      "if (program !== undefined) this.#programs.set(record.child, program);",
      ["program !== undefined ▸ true"],
      "Each process runs a program, which it or a parent of it began; the check is for the type checker.",
    ],
    [
      "same",
      "this.#programs.delete(record.pid);",
      ["this.#programs.delete(record.pid); ▸ ;"],
      "A process that has ended has nothing left to compare, and of a new one of its number the program is noted anew.",
    ],
    [
      "same",
      "if (this.#last !== undefined) {",
      ["this.#last !== undefined ▸ true"],
      "Before the first step no process runs a program.",
    ],
    [
      "same",
      'if (step.type === "call") this.#unmodelled.count(step);',
      ['step.type === "call" ▸ true'],
      "Other steps have no reason for which the model does nothing, and are not counted.",
    ],
    [
      "same",
      'return step.type === "call" ? this.#checkResult(step, hex(result)) : undefined;',
      ['step.type === "call" ▸ true'],
      "Other steps have no action of a call, without which no result is checked.",
    ],
    [
      "same",
      "if (space === undefined) return;",
      ["space === undefined ▸ false"],
      "Of no address space no step was compared that could be made up for; the check is for the type checker.",
    ],
    [
      "same",
      'if (header === undefined) throw new ReplayError("Cannot replay a trace without a header");',
      [
        "header === undefined ▸ false",
        'throw new ReplayError("Cannot replay a trace without a he… ▸ ;',
      ],
      "Records before the header are refused; the check is for the type checker.",
    ],
    [
      "same",
      "const position = space === undefined ? 0 : layouts.first(space, recorded)?.position ?? 0;",
      ["space === undefined ▸ false", "0 ▸ 1"],
      "What diverges has an address space; the check is for the type checker.",
    ],
  ],
  "src/replay/layout_diff.ts": [
    [
      "same",
      "let vma = mm.tree.findVma(Math.max(0, first - 1));",
      ["0 ▸ 1"],
      "Both are of page zero.",
    ],
    [
      "slower",
      "if (shown === undefined) this.#flags.set(text, shown = lineFlags(line, mm.rules));",
      ["shown === undefined ▸ true"],
      "The text is read again.",
    ],
  ],
  "src/replay/step_comparison.ts": [
    [
      "same",
      "for (const { start, end } of record.added) if (!agrees(start, end - 1)) return false;",
      ["- ▸ +"],
      "VMAs begin and end with pages: what touches the one range touches the other.",
    ],
    [
      "same",
      "const [address = -1, length = -1] = enter.args;",
      ["1 ▸ 2", "1 ▸ 2 (2)"],
      "Neither is an address or a length.",
    ],
  ],
  "src/replay/decode.ts": [
    [
      "same",
      'action.direct = directCall("brk", address, 0, 0);',
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "brk has neither a length nor a third argument.",
    ],
    [
      "same",
      'action.direct = directCall("mmap", request.address, request.length, 0, { request, end });',
      ["0 ▸ 1"],
      "Of mmap the request is what counts.",
    ],
    [
      "same",
      "[, request = 0]: readonly number[],",
      ["0 ▸ 1"],
      "Arguments that are left out are filled in before.",
    ],
    [
      "same",
      "const missing = (systemCall(call)?.arity ?? 0) - args.length;",
      ["0 ▸ 1", "- ▸ +"],
      "A call that is decoded has a row, and zeros beyond its own arguments are not looked at.",
    ],
    [
      "same",
      "return missing <= 0 ? args : [...args, ...Array<number>(missing).fill(0)];",
      ["<= ▸ <", "0 ▸ 1"],
      "A last argument that is missing is 0 where it is read, too.",
    ],
    [
      "same",
      "const counted = mode === MPOL_PREFERRED ? nodes & -nodes : nodes;",
      ["& ▸ |"],
      "Either names the lowest node, and nothing else.",
    ],
    [
      "same",
      "const isShared = ((args[3] ?? 0) & MAP_TYPE) !== MAP_PRIVATE;",
      ["0 ▸ 1"],
      "A mapping has its flags.",
    ],
    [
      "same",
      "space.setDenyWriteExec(args[1] ?? 0);",
      ["0 ▸ 1"],
      "Arguments that are left out are filled in before.",
    ],
  ],
  "src/replay/image.ts": [
    [
      "same",
      "const end = Math.max(record.mmapBase, record.layout.at(-1)?.end ?? 0);",
      ["0 ▸ 1"],
      "No user's addresses end at 1.",
    ],
  ],
  "src/replay/rules.ts": [
    [
      "same",
      "if (!(error instanceof RangeError)) throw error;",
      ["!(error instanceof RangeError) ▸ false", "throw error; ▸ ;"],
      "What is no version is all that can be wrong; the check lets faults of the program through.",
    ],
  ],
  "src/replay/step_validator.ts": [
    [
      "slower",
      "if (space === this.#recent) return this.#recentValidator!.check();",
      ["space === this.#recent ▸ false"],
      "The validator is looked up.",
    ],
    [
      "slower",
      "this.#recent = space;",
      ["this.#recent = space; ▸ ;"],
      "The validator is looked up each time.",
    ],
    [
      "same",
      'if (step.type === "fork") this.#checkTouched(step.record.child);',
      ['step.type === "fork" ▸ true'],
      "Other records have no child, and there is no process without a number.",
    ],
    [
      "slower",
      "if (validator !== undefined) validator.check();",
      ["validator !== undefined ▸ false"],
      "A new validator checks everything.",
    ],
  ],
  "src/replay/system.ts": [
    [
      "slower",
      'if (step.type !== "call" || step.direct === undefined) return this.apply(step);',
      ['step.type !== "call" || step.direct === undefined ▸ true', "!== ▸ ==="],
      "The call is done as its action, which does the same.",
    ],
    [
      "same",
      "#recentPid = 0;",
      ["0 ▸ 1"],
      "It is looked at only where there is a recent address space.",
    ],
    [
      "slower",
      "if (this.#recent !== undefined && this.#recentPid === pid) return this.#recent;",
      ["this.#recent !== undefined && this.#recentPid === pid ▸ false"],
      "The process is looked up.",
    ],
    [
      "slower",
      "this.#recent = space;",
      ["this.#recent = space; ▸ ;"],
      "The process is looked up each time.",
    ],
    [
      "slower",
      "this.#recentPid = pid;",
      ["this.#recentPid = pid; ▸ ;"],
      "No process has the number 0: each is looked up.",
    ],
  ],
  "src/replay/debug/bisect.ts": [
    [
      "slower",
      "if (inspect(system) !== undefined) return [good, position + 1];",
      ["1 ▸ 2"],
      "One step further than is needed may be looked at.",
    ],
  ],
  "src/replay/debug/reduce.ts": [
    [
      "slower",
      "for (let from = left.length - size; from > -size; from -= size) {",
      ["- ▸ +", "> ▸ >="],
      "A part that is beyond the list, or empty, is no shorter list to try.",
    ],
    [
      "slower",
      "if (without.length < left.length && (yield without)) left = without;",
      ["< ▸ <="],
      "The list itself is tried, and is what is left.",
    ],
    [
      "slower",
      "if (size > 1) size = Math.ceil(size / 2);",
      ["2 ▸ 3"],
      "It goes by thirds: single items come last in any case.",
    ],
  ],
  "src/replay/debug/reduce_trace.ts": [
    [
      "slower",
      'if (record.type === "header" || record.type === "end") continue;',
      ['record.type === "header" || record.type === "end" ▸ false', "|| ▸ &&", "continue; ▸ ;"],
      "Header and end stay whatever is tried.",
    ],
    [
      "slower",
      "entered.delete(record.pid);",
      ["entered.delete(record.pid); ▸ ;"],
      "The next call of the process takes its place.",
    ],
    [
      "same",
      "atoms.push({ records: enter === undefined ? [position] : [enter, position] });",
      ["enter === undefined ▸ false"],
      "What has no position is at none.",
    ],
    [
      "same",
      "kept.flatMap((atom) => atom.line === undefined ? [] : [`${atom.records[0]} ${atom.line}`]),",
      ["atom.line === undefined ▸ false"],
      "No line is called undefined.",
    ],
    [
      "same",
      "const [, length = 0, protection = 0, flags = 0, ...rest] = record.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "A mapping that was made has its arguments.",
    ],
    [
      "same",
      "const [address = 0, length = 0] = record.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A call on a range has its arguments.",
    ],
    [
      "same",
      "const [address = 0, length = 0, ...rest] = record.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A call on a range has its arguments.",
    ],
    [
      "same",
      'if (record.type === "leave") return { ...record, result: at(record.result) };',
      ['record.type === "leave" ▸ true'],
      "What is left has no result, and one that is added is not written.",
    ],
  ],
  "src/replay/debug/shrink.ts": [
    [
      "same",
      "if (error instanceof ReplayError) return false;",
      ["error instanceof ReplayError ▸ true"],
      "A part that makes no sense is all that can be thrown; the check lets faults of the program through.",
    ],
    [
      "same",
      "throw error;",
      ["throw error; ▸ ;"],
      "A part that makes no sense is all that can be thrown; the check lets faults of the program through.",
    ],
    [
      "slower",
      "for (let count = trace.steps.length; count > 0; count--) {",
      ["> ▸ >="],
      "No steps give no log either.",
    ],
  ],
  "src/replay/debug/shrink_operations.ts": [
    [
      "slower",
      "for (let smaller = left; smaller.length > 0;) {",
      ["> ▸ >=", "0 ▸ 1"],
      "No list that fails is empty, and one write has no boundary that could be joined.",
    ],
    [
      "slower",
      "if (joined.length > 0 && fails(joined)) left = joined;",
      ["> ▸ >="],
      "An empty list does not fail.",
    ],
    [
      "slower",
      "for (let i = boundariesOf(left).length - 2; i > 0; i--) {",
      ["- ▸ +"],
      "A boundary that is not there is passed over.",
    ],
  ],
};
