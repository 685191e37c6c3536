/**
 * Kinds of mutants that no test can notice, wherever they stand: a rule names files, lines and changes by patterns
 * and has one sentence for all of them. A rule that fits no mutant is stale.
 *
 * @module
 */

/** One rule. */
export interface Rule {
  /** Whether such a mutant does the same, or the same by a longer way, which only a clock would tell. */
  readonly kind: "same" | "slower";
  /** The source files, from the root. */
  readonly files: RegExp;
  /** The line without the spaces at its ends. */
  readonly line: RegExp;
  /** What stands before the change in its line; anything unless given. */
  readonly before?: RegExp;
  /** The change as the report shows it. */
  readonly change: RegExp;
  /** Why it cannot be noticed. */
  readonly why: string;
}

/** All rules. */
export const RULES: readonly Rule[] = [
  {
    kind: "same",
    files: /^src\//,
    line:
      /(?<![\w.])([\w.]+) [<>] ([\w.]+) \? (\1 : \2|\2 : \1)(?![\w.])|\bif \(([\w.]+) [<>] ([\w.]+)\) (\4 = \5|\5 = \4);$/,
    change: /^[<>] ▸ [<>]=$/,
    why: "The larger or smaller of two: where they are equal, either is the answer.",
  },
  {
    kind: "same",
    files: /^src\/(tree\/(cursor|big_node|empty_area|subtree|write_state)|mm\/vma\/unmap)\.ts$/,
    line:
      /^(let )?#?(node|slot|slotEnd|newEnd|farNode|farSlot|count|level|left|right|headEnd|tailStart|hole|\w+Count) = (\d|false);$/,
    change: /^(0 ▸ 1|1 ▸ 2|false ▸ true)$/,
    why: "A field that every call sets before it reads it: what it begins with is never seen.",
  },
  {
    kind: "same",
    files: /^src\/(tree\/|mm\/vma_tree)/,
    line: /\bversion(: number)? = .*-1;$/,
    change: /^1 ▸ 2$/,
    why: "No version is negative, and that is all it says.",
  },
  {
    kind: "same",
    files: /^src\/tree\//,
    line: /\+ BOUND\b/,
    change: /^\+ ▸ -$/,
    why: "BOUND is 0.",
  },
  {
    kind: "slower",
    files: /^src\/tree\//,
    line: /^if \([\w.#]*\brcu\) (.*\breclaim\(\);|\{)$/,
    change: /\brcu ▸ true$/,
    why: "Without readers nothing waits, and nothing is dropped to wait.",
  },
  {
    kind: "slower",
    files: /^src\/tree\/search\.ts$/,
    line: /^const (isLarge = .*|slot = isLarge)$/,
    change: /./,
    why: "Both ways find the same slot.",
  },
  {
    kind: "slower",
    files: /^src\/tree\/navigate\.ts$/,
    line: /^if \((?!.*(section|standing|c\.last|c\.index)).*\) return 0;$/,
    change: /^.* ▸ true$|^[<>] ▸ [<>]=$/,
    why:
      "A short way to the next entry gives up where it could have gone on: the long way gives the same entry.",
  },
  {
    kind: "slower",
    files: /^src\/mm\/vma\/placement\.ts$/,
    line: /^if \((length > |high - low < length).*\) return NOWHERE;$/,
    change: /▸ false$|^- ▸ \+$/,
    why: "The search that follows finds no room either.",
  },
  {
    kind: "slower",
    files: /^src\/mm\/calls\//,
    line: /^(?!for).*\b(start|at) < end\b.*mm\.tree\.(findVma|after)\(/,
    change: /^(start|at) < end ▸ true$|^< ▸ <=$/,
    why: "One search more, whose answer is not used.",
  },
  {
    kind: "same",
    files: /^src\/mm\/calls\//,
    line: /roundLength\(length\) === 0 \|\| end < address\b/,
    change: /^< ▸ <=$/,
    why: "A range that is not empty does not end where it begins.",
  },
  {
    kind: "slower",
    files: /^src\/tree\/empty_area\.ts$/,
    line: /^if \((extent\((?!low\b).* last\) >= size|words\[.*\] === 0)\) \{$/,
    change: /^(extent|words).* ▸ false$|^>= ▸ >$/,
    why: "A gap that is not seen on the straight way down is found by the search that goes on.",
  },
  {
    kind: "slower",
    files: /^src\/tree\/navigate\.ts$/,
    line: /\bwords\[slots( \+ slot)?\] === 0|^slot--;$|^if \(word === 0 && !empties\b/,
    change: /=== 0( .*)? ▸ false$|▸ ;$|^=== ▸ !== \(2\)$|^word === 0 && .* ▸ false$/,
    why: "A step stands on an empty range for a moment, and goes on.",
  },
  {
    kind: "same",
    files: /^src\/mm\/address_space\.ts$/,
    line: /this\.#(begin|check)\((verb|"[^"]*"), (0|address), 0\b/,
    change: /^0 ▸ 1( \(2\))?$/,
    why: "It only says in the words of an error which range the call is about.",
  },
  {
    kind: "slower",
    files: /^src\/mm\/(address_space|calls\/fault)\.ts$/,
    line: /^if \(mm\.locks !== null\) (lockFor|unlockAfter|demandFor)/,
    change: /^mm\.locks !== null ▸ true$/,
    why: "What takes or asks for locks does nothing where they are not checked.",
  },
  {
    kind: "slower",
    files: /^src\/mm\/pages\//,
    line: /^if \(locks === null\) (leave|enter|table\.\w+)\(/,
    change: /^locks === null ▸ false$/,
    why: "What takes the locks does without them where there are none.",
  },
  {
    kind: "same",
    files: /^src\/replay\/decode\.ts$/,
    line: /^const \[.* = 0.*\] = args;$|^function (size|int|whole|decodePersonality)\(.* = 0/,
    change: /^0 ▸ 1( \(\d\))?$/,
    why: "Arguments that a text leaves out are filled in before.",
  },
  {
    kind: "same",
    files: /^src\/command\/files\.ts$/,
    line: /^for \(let attempt = 0;|^if \(attempt === 4\)|^Atomics\.wait\(/,
    change: /./,
    why:
      "A folder takes a second attempt only if another process just puts something into it: a race that no test makes.",
  },
  {
    kind: "same",
    files: /^src\/command\/command\.ts$/,
    line: /^(standWhereCalled\(\);|Deno\.exit\()/,
    change: /▸ ;$/,
    why: "It runs only in a process of its own: the tests of whole commands have it.",
  },
  {
    kind: "same",
    files: /^src\/capture\/(calls|effects|older_placement)\.ts$/,
    line: /^const \[.*\b0.*\] = args;$/,
    change: /^0 ▸ 1( \(\d\))?$/,
    why: "A call has every argument that is looked at: the default is for the type checker.",
  },
  {
    kind: "same",
    files: /^src\/verify\/(fuzz|draw)\.ts$/,
    line: /^(?!return PAGE_SIZE)/,
    before: /\b(oneIn|below)\($|^\s*\[$|, \[$|\[\[$/,
    change: /^\d+ ▸ \d+( \(\d\))?$/,
    why:
      "How often a random program does something, or how far it goes: any such program is as good. That each call occurs is tested.",
  },
  {
    kind: "same",
    files: /^src\/verify\/fuzz\.ts$/,
    line: /^for \(let (calls|touches) = (this\.#)?random\.below\(/,
    change: /^> ▸ >=$/,
    why: "One call more: any such program is as good.",
  },
];
