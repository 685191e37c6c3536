/**
 * Every command where nothing can be written, and with too little memory. More rounds, and other amounts:
 *
 * ```sh
 * deno test -P tests/command/misfortune_test.ts -- --rounds=20 --seed=7
 * ```
 *
 * @module
 */

import { needing } from "../needing.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { TemporaryFolder } from "../../src/command/files.ts";
import { pathOf } from "../../src/command/paths.ts";
import { readTrace } from "../../src/trace/read.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { Random } from "../random.ts";
import {
  assertNothingRuns,
  leftBehind,
  signalTo,
  start,
  type Subject,
  SUBJECTS,
} from "./subjects.ts";

const options = parseArgs(Deno.args, { string: ["rounds", "seed"] });
const rounds = Number(options.rounds ?? 1);
const seed = Number(options.seed ?? 0x2022);

/** What a command may take, ms; then it is asked to end. */
const LIMIT_MS = 4_000;

const isLinux = Deno.build.os === "linux";

/** One sentence, from the command. */
function assertOneSentence(said: string, { name }: Subject): void {
  assertMatch(said, new RegExp(`^${name}( \\w+)?: [^\\n]+\\n$`));
}

/** What became of a command; one that takes long is asked to end, and does. */
async function outcome(child: Deno.ChildProcess): Promise<{ code: number; said: string }> {
  const timer = setTimeout(() => signalTo(child, "SIGTERM"), LIMIT_MS);
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  return { code, said: new TextDecoder().decode(stderr) };
}

/** Status of a command that SIGTERM ended: by itself, or in its first moments by the system. */
const ENDED = 143;

/** A shell with a file system of its own, in which the checkout and the folder cannot be written to. */
const OWN_MOUNTS = ["unshare", "-r", "-m"];

function readOnly(folder: string): string {
  const root = pathOf("").replace(/\/$/, "");
  return [
    `mount --bind '${quoted(root)}' '${quoted(root)}'`,
    `mount -o remount,bind,ro '${quoted(root)}'`,
    `mount -t tmpfs -o ro none '${quoted(folder)}'`,
  ].join(" && ");
}

function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}

/** Why this machine has no mounts of one's own, undefined if it has. */
async function withoutMounts(): Promise<string | undefined> {
  if (!isLinux) return "not Linux";
  using folder = TemporaryFolder.create("maple-mounts-");
  try {
    const [program = "", ...args] = [...OWN_MOUNTS, "sh", "-c", readOnly(folder.path)];
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    return success ? undefined : new TextDecoder().decode(stderr);
  } catch (error) {
    return String(error);
  }
}

const noMounts = await withoutMounts();

Deno.test({
  ...needing(
    "every command where no folder can be written to: it does without, or says so in one sentence",
    noMounts,
  ), // a container may forbid mounts
  fn: async (t) => {
    for (const subject of SUBJECTS) {
      await t.step(subject.name, async () => {
        using folder = TemporaryFolder.create("maple-read-only-");
        const { code, said } = await outcome(start(subject, {
          folder: folder.path,
          under: OWN_MOUNTS,
          before: readOnly(folder.path),
        }));
        const mayEnd = subject.writes === undefined ? [0, 1, 2, ENDED] : [2, ENDED];
        assert(mayEnd.includes(code), `status ${code}: ${said}`);
        if (code === 2) assertOneSentence(said, subject);
        assertEquals(leftBehind(subject, folder.path), []);
      });
    }
  },
});

/** Ways of having too little memory. */
const SHORTAGES = ["heap", "data"] as const;

/** What the runtime says when it gives up: V8's heap, V8's other memory, Rust's allocator. */
const GIVEN_UP = /out of memory|memory allocation of \d+ bytes failed|Cannot allocate memory|OOM/;

for (const subject of SUBJECTS) {
  Deno.test({
    ...needing(
      `${subject.name}: with too little memory it works, says so, or dies as a whole`,
      !isLinux && "this is no Linux",
    ), // limits are set and processes looked for in Linux's way
    fn: async () => {
      for (let round = 0; round < rounds; round++) {
        using folder = TemporaryFolder.create("maple-memory-");
        const random = new Random(seed + round + 7 * subject.name.length);
        const way = random.pick(SHORTAGES);
        const megabytes = way === "heap" ? 3 + random.below(30) : 520 + random.below(400);
        const { code, said } = await outcome(start(subject, {
          folder: folder.path,
          ...(way === "heap"
            ? { env: { DENO_V8_FLAGS: `--max-old-space-size=${megabytes}` } }
            : { before: `ulimit -d ${megabytes << 10}` }),
        }));
        const what = `${megabytes} MB of ${way}, seed ${seed + round}, status ${code}: ${said}`;
        const isDead = code > 2 && code !== ENDED;
        if (isDead) assertMatch(said, GIVEN_UP, what);
        else if (code === 2) assertOneSentence(sentenceOf(said), subject);
        assert(!/^ +at .*\.ts:\d+/m.test(said), what); // a stack of ours would be an error nobody foresaw
        await assertNothingRuns(folder.path, what);
        if (!isDead) assertEquals(leftBehind(subject, folder.path), [], what);
        await assertWhole(subject, folder.path, what);
      }
    },
  });
}

/** The last line, where the runtime of a process that the command had started has said before why that one died. */
function sentenceOf(said: string): string {
  return GIVEN_UP.test(said) ? said.trimEnd().replace(/^[^]*\n/, "") + "\n" : said;
}

/** What a command has written is nothing, or can be read: a trace up to its last whole line, a page to its end. */
async function assertWhole({ writes }: Subject, folder: string, what: string): Promise<void> {
  if (writes === undefined) return;
  const path = `${folder}/${writes}`;
  const bytes = await Deno.readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.length === 0) return;
  if (/\.html$/.test(writes)) {
    assertMatch(new TextDecoder().decode(bytes.slice(-20)), /<\/html>\s*$/, what);
  } else if (/\.jsonl/.test(writes)) {
    const read = [];
    try {
      for await (const record of readTrace(path)) read.push(record);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      assertMatch(error.message, /ends|cut|truncated|not closed/, what);
    }
  }
}
