/**
 * Mutants of traces and of texts that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TEXTS: Equivalences = {
  "src/trace/codec.ts": [
    [
      "slower",
      "return value >= 0 ? hex(value) : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;",
      ["value >= 0 ▸ false", ">= ▸ >", "0 ▸ 1"],
      "Numbers that are not negative are written alike by way of a BigInt.",
    ],
  ],
  "src/trace/gunzip.ts": [
    [
      "same",
      "if (zlib === undefined) {",
      ["zlib === undefined ▸ false"],
      "It is so only where there is no node:zlib, in browsers.",
    ],
    [
      "same",
      'yield* streamOf(bytes).pipeThrough(new DecompressionStream("gzip"));',
      ["yield* streamOf(bytes).pipeThrough(new DecompressionStrea… ▸ ;"],
      "It runs only where there is no node:zlib, in browsers.",
    ],
    [
      "same",
      "for await (const piece of output) if (piece instanceof Uint8Array) yield piece;",
      ["piece instanceof Uint8Array ▸ true"],
      "Each piece is a Buffer, which is one; the check is for the type checker.",
    ],
    [
      "same",
      "if (done) controller.close();",
      ["controller.close(); ▸ ;", "done ▸ true", "done ▸ false"],
      "It runs only where there is no node:zlib, in browsers.",
    ],
    [
      "same",
      "else controller.enqueue(value);",
      ["controller.enqueue(value); ▸ ;"],
      "It runs only where there is no node:zlib, in browsers.",
    ],
  ],
  "src/trace/is_trace.ts": [
    [
      "same",
      "return false;",
      ["false ▸ true"],
      "A file without a record is an error before.",
    ],
  ],
  "src/trace/lines.ts": [
    [
      "same",
      "if (piece.length > 0) pieces.push(piece);",
      ["piece.length > 0 ▸ true", "> ▸ >="],
      "An empty piece adds nothing to a line.",
    ],
    [
      "slower",
      "const text = decoder.decode(pieces.length === 1 ? pieces[0] : joined(pieces, length));",
      ["pieces.length === 1 ▸ false"],
      "One piece is copied, and is the same then.",
    ],
  ],
  "src/trace/recorded_layouts.ts": [
    [
      "same",
      "const at = layout?.lines.findIndex((line) => line.end > start) ?? -1;",
      ["1 ▸ 2"],
      "Neither is a place in a layout.",
    ],
  ],
  "src/trace/read.ts": [
    [
      "slower",
      'if ("Deno" in globalThis) return (await Deno.open(path)).readable;',
      ['"Deno" in globalThis ▸ false'],
      "The file is read as Node reads it: as a whole, before it is looked at.",
    ],
    [
      "same",
      'if ("Deno" in globalThis) return (await Deno.open(path)).readable;',
      ['"Deno" in globalThis ▸ true'],
      "What follows is for Node and Bun: the tests of the package read a trace there.",
    ],
    [
      "slower",
      "const head = await source.peek(2);",
      ["2 ▸ 3"],
      "It looks one byte further than it must.",
    ],
    [
      "same",
      "await source.cancel();",
      ["await source.cancel(); ▸ ;"],
      "The file is closed when it is collected, at the latest.",
    ],
    [
      "same",
      'return error instanceof Error && "code" in error && error.code === "ENOENT";',
      ["&& ▸ ||"],
      "What the system throws is an Error; the check is for the type checker.",
    ],
    [
      "slower",
      "while (this.#head.length < count) {",
      ["< ▸ <="],
      "It looks one piece further than it must.",
    ],
  ],
  "src/trace/summary.ts": [
    [
      "same",
      "if (first === undefined || last === undefined) {",
      ["|| ▸ &&"],
      "Where there is a first there is a last.",
    ],
    [
      "same",
      "const [start = 0, length = 0] = call.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A munmap has both arguments.",
    ],
  ],
  "src/trace/write.ts": [
    [
      "same",
      "this.#pumped.catch((error) => this.#writer.abort(error).catch(() => {}));",
      ["this.#pumped.catch((error) => this.#writer.abort(error).c… ▸ ;"],
      "The next write, or the end, waits for what fails there, and fails as well.",
    ],
  ],
  "src/text/calls/strace.ts": [
    [
      "slower",
      'const text = left.includes("<") ? left.replace(/<[^<>]*>/g, "") : left;',
      ['left.includes("<") ▸ true'],
      "Without it there is nothing to take out.",
    ],
    [
      "slower",
      'if (line.includes("+++")) {',
      ['line.includes("+++") ▸ true'],
      "Each of the patterns has it.",
    ],
    [
      "slower",
      'if (!line.includes("Process ")) return undefined;',
      ['!line.includes("Process ") ▸ false'],
      "Both of the patterns have it.",
    ],
  ],
  "src/text/calls/prefix.ts": [
    [
      "slower",
      'const text = left.includes("/*") ? left.replace(COMMENT, " ") : left;',
      ['left.includes("/*") ▸ true'],
      "Without it there is nothing to take out.",
    ],
  ],
  "src/text/calls/values.ts": [
    [
      "slower",
      'if (!text.includes("/*")) return text;',
      ['!text.includes("/*") ▸ false'],
      "Without a comment the whole text is what is left.",
    ],
    [
      "same",
      "if (close < 0) return plain;",
      ["< ▸ <=", "0 ▸ 1"],
      "A comment ends two letters after its beginning or later.",
    ],
    [
      "slower",
      "if (a >= 0 && b >= 0 && a < 2 ** 31 && b < 2 ** 31) return a | b;",
      [
        "a >= 0 && b >= 0 && a < 2 ** 31 && b < 2 ** 31 ▸ false",
        ">= ▸ >",
        "0 ▸ 1",
        ">= ▸ > (2)",
        "0 ▸ 1 (2)",
      ],
      "Numbers of any size are joined alike by way of a BigInt.",
    ],
  ],
  "src/text/lines/clean.ts": [
    [
      "slower",
      'if (text.includes("\\x1b")) {',
      ['text.includes("\\x1b") ▸ true'],
      "Without it there is nothing to take out.",
    ],
    [
      "slower",
      'if (text.includes("&")) {',
      ['text.includes("&") ▸ true'],
      "Without it there is nothing to replace.",
    ],
    [
      "slower",
      "if (BEYOND_ASCII.test(text)) text = plainLetters(text);",
      ["BEYOND_ASCII.test(text) ▸ true"],
      "Only letters beyond ASCII are replaced.",
    ],
  ],
  "src/text/lines/marks.ts": [
    [
      "same",
      "return { line, text: text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text, why };",
      ["text.length > LONGEST_TEXT ▸ true", "> ▸ >="],
      "A text that is no longer is not cut.",
    ],
  ],
  "src/text/import.ts": [
    [
      "slower",
      "if (lines.size === 0) return [];",
      ["lines.size === 0 ▸ false"],
      "No line is found where none is looked for.",
    ],
  ],
  "src/text/explain/amounts.ts": [
    [
      "same",
      "while (unit < UNITS.length - 1 && value >= 1024 && (value % 1024 === 0 || value >= 10 * 1024)) {",
      [">= ▸ > (2)"],
      "Ten of a unit are a round number of it.",
    ],
  ],
  "src/text/explain/borders.ts": [
    [
      "same",
      "for (let at = 0; at < 4; at++) {",
      ["< ▸ <=", "4 ▸ 5"],
      "Permissions have four letters: of both the fifth is none.",
    ],
  ],
  "src/text/explain/failure.ts": [
    [
      "same",
      "const [wanted = 0] = enter.args;",
      ["0 ▸ 1"],
      "A brk without its argument is in no record.",
    ],
    [
      "same",
      "const [, length = 0, protection = 0, flags = 0] = step.enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "An mmap with fewer than four arguments is in no record.",
    ],
    [
      "same",
      'const write = call === "mprotect" && ((step.enter.args[2] ?? 0) & PROT_WRITE) !== 0',
      ["0 ▸ 1"],
      "An mprotect with fewer than three arguments is in no record.",
    ],
    [
      "same",
      "const [, , newLength = 0, flags = 0] = failed.step.enter.args;",
      ["0 ▸ 1"],
      "An mremap with fewer than three arguments is in no record.",
    ],
    [
      "same",
      "const [, length = 0, third = 0, flags = 0, , offset = 0] = step.enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "The length is looked at of mmap and munmap, the third of madvise, the flags of mmap: in a record they have them.",
    ],
  ],
  "src/text/explain/layout.ts": [
    [
      "slower",
      "if (shown === 0) return true;",
      ["shown === 0 ▸ false"],
      "The calls are counted, of which one is enough; a text without any is refused either way.",
    ],
    [
      "same",
      'format: format === "numa_maps" ? "maps" : format,',
      ['format === "numa_maps" ▸ false'],
      "A layout with VMAs is of no numa_maps: this is for the type checker.",
    ],
    [
      "same",
      "const [lower, upper] = vma.start < other.start ? [vma, other] : [other, vma];",
      ["< ▸ <="],
      "No two VMAs of a layout begin at one address.",
    ],
  ],
  "src/text/explain/periods.ts": [
    [
      "same",
      "while (at < free.length) {",
      ["< ▸ <="],
      "After the last one no run begins.",
    ],
    [
      "same",
      'return turns.sort()[0] ?? "";',
      ["0 ▸ 1"],
      "Every turn of a unit gives the same list: any one of it stands for all.",
    ],
  ],
  "src/text/explain/told_failure.ts": [
    [
      "slower",
      'if (!text.includes("failed")) continue;',
      ['!text.includes("failed") ▸ false', "continue; ▸ ;"],
      "Each of the patterns has it.",
    ],
  ],
  "src/text/maps/read_layout.ts": [
    [
      "same",
      "#isAfterHeading = false;",
      ["false ▸ true"],
      "The first line begins a layout in any case.",
    ],
    [
      "same",
      "for (const { kind } of this.#found) counts.set(kind, (counts.get(kind) ?? 0) + 1);",
      ["0 ▸ 1", "1 ▸ 2"],
      "All counts become one more, or twice as large: which is the largest stays.",
    ],
    [
      "slower",
      "if (!/[0-9a-f]{3}/i.test(text)) return undefined;",
      ["!/[0-9a-f]{3}/i.test(text) ▸ false"],
      "A line of each of the tables has an address of more digits.",
    ],
    [
      "slower",
      'const rr = text.includes("map_file:") ? readRrLine(text, number) : undefined;',
      ['text.includes("map_file:") ▸ true'],
      "The pattern has it.",
    ],
    [
      "slower",
      "if (vma !== last.vma) this.#found[this.#found.length - 1] = { ...last, vma };",
      ["vma !== last.vma ▸ true"],
      "The same takes the place of the same.",
    ],
  ],
  "src/text/maps/table_lines.ts": [
    [
      "same",
      'if (end <= start || PERMISSIONS.test(rest.split(/[ \\t]/, 1)[0] ?? "")) return undefined;',
      ["1 ▸ 2"],
      "Only the first part is looked at.",
    ],
  ],
  "src/text/calls/nested.ts": [
    [
      "same",
      "const UNNAMED = -1;",
      ["1 ▸ 2"],
      "No thread has a negative number, and that is all it says.",
    ],
  ],
  "src/text/calls/perf.ts": [
    [
      "same",
      'while (ordered.length <= at) ordered.push("0");',
      ["<= ▸ <"],
      "Setting the last one makes the list as long.",
    ],
  ],
  "src/text/calls/scan.ts": [
    [
      "same",
      "for (; at < text.length; at++) {",
      ["< ▸ <="],
      "After the last letter stands none, and none is looked for.",
    ],
    [
      "same",
      "if (NOT_CLOSED.test(text.slice(at, at + 12))) {",
      ["12 ▸ 13"],
      "The longest of the words has eleven letters with its bracket.",
    ],
    [
      "same",
      'return { args, end: close < 0 ? text.length : close + 1, state: "unfinished" };',
      ["< ▸ <=", "0 ▸ 1"],
      "The word between the brackets has letters, so that the second one is not among the first two.",
    ],
    [
      "same",
      "for (let at = open + 1; at < text.length; at++) {",
      ["< ▸ <="],
      "After the last letter stands none: no quote.",
    ],
    [
      "same",
      "return close < 0 ? text.length : close + 1;",
      ["< ▸ <=", "0 ▸ 1"],
      "A comment ends two letters after its beginning or later.",
    ],
  ],
  "src/text/open_trace.ts": [
    [
      "same",
      "if (!first.done) yield first.value;",
      ["!first.done ▸ true"],
      "A file without a record is an error before.",
    ],
  ],
  "src/text/read_text.ts": [
    [
      "slower",
      "if (/^\\/proc\\//.test(input)) return await readWithCat(input, place);",
      ["/^\\/proc\\//.test(input) ▸ true"],
      "Of any file cat prints the bytes, or the reason why it cannot be read.",
    ],
    [
      "slower",
      'output.on("error", () => isDamaged = true);',
      ["true ▸ false"],
      "What is written after the damage is thrown away.",
    ],
    [
      "same",
      "for (let at = 0; at < bytes.length && !isDamaged; at += SLICE) {",
      ["< ▸ <="],
      "Nothing is written once.",
    ],
    [
      "same",
      "output.destroy();",
      ["output.destroy(); ▸ ;"],
      "What is written to no more is collected.",
    ],
  ],
  "src/text/trace/descriptors.ts": [
    [
      "same",
      "if (opened === undefined) this.#open.delete(to);",
      ["opened === undefined ▸ false"],
      "A descriptor that stands for nothing is as one that is not there.",
    ],
  ],
  "src/text/trace/records.ts": [
    [
      "slower",
      "if (!isMemoryCall(call)) return;",
      ["!isMemoryCall(call) ▸ false"],
      "Of a call that no trace holds the arguments are read, and nothing is made of them.",
    ],
    [
      "same",
      "const first = group === undefined ? undefined : this.#groups.get(group);",
      ["group === undefined ▸ false"],
      "No group is without a number.",
    ],
    [
      "same",
      "return parent === undefined",
      ["parent === undefined ▸ false"],
      "A parent without a number was not heard of, and nothing is made of it.",
    ],
    [
      "same",
      "function lengthOf(value = 0): number {",
      ["0 ▸ 1"],
      "Both have one digit.",
    ],
    [
      "same",
      "const [start = 0, length = 0] = values;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "They are looked at of munmap and mremap, which in a record have both.",
    ],
    [
      "same",
      "const [address = 0, length = 0] = values;",
      ["0 ▸ 1"],
      "Neither is beyond the highest address.",
    ],
    [
      "slower",
      'return call === "prlimit64" || call === "setrlimit" ? limitShown(call, args) : undefined;',
      ['call === "prlimit64" || call === "setrlimit" ▸ true'],
      "The arguments of no other call show a limit.",
    ],
  ],
};
