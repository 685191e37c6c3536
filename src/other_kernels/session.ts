/**
 * What is done in a kernel: it is asked for its rules, programs and random calls are recorded, tests are run. The
 * recordings are replayed elsewhere, as the processor that qemu emulates is slow.
 *
 * @module
 */

import { record, type RecordOptions } from "../capture/record.ts";
import { reasonOf } from "../command/files.ts";
import { ROOT } from "../command/paths.ts";
import { type KernelProbe, probeKernel } from "../probe/probe.ts";
import { optionsFound } from "../probe/recorded_rules.ts";
import type { TraceRecord } from "../trace/format.ts";
import { writeTrace } from "../trace/write.ts";
import { withFuzzProgram } from "../verify/fuzz_program.ts";
import type { Plan, Recorded, Session, TestsRun } from "./plan.ts";
import { prepareWorkspace, programs } from "./programs.ts";
import { runSuite } from "./suite.ts";

/** The recording of the calls by which the kernel is asked. */
const PROBES_FILE = "probes.jsonl.gz";
/** How long one program may run, seconds. */
const MOST_SECONDS = 600;

/** Does what a plan says, in the kernel that this process runs on. */
export class SessionRun {
  readonly #plan: Plan;
  readonly #folder: string;
  readonly #tell: (line: string) => void;
  readonly #endMs: number;
  readonly #recorded: Recorded[] = [];
  readonly #late: string[] = [];

  /**
   * @param folder where the traces go
   * @param tell is told what is being done
   */
  constructor(plan: Plan, folder: string, tell: (line: string) => void) {
    this.#plan = plan;
    this.#folder = folder;
    this.#tell = tell;
    this.#endMs = performance.now() + plan.seconds * 1000;
  }

  /** Runs the parts one after the other. What one of them meets stops no other. */
  async run(): Promise<Session> {
    const has = (part: Plan["parts"][number]) => this.#plan.parts.includes(part);
    const probe = await this.#probe();
    const found = probe === undefined ? {} : optionsFound(probe);
    if (has("programs")) await this.#programs(found);
    if (has("fuzz")) { for (const seed of this.#plan.seeds) await this.#fuzz(seed, found); }
    const tests = has("tests") ? await this.#tests() : undefined;
    return {
      release: probe?.header.kernel ?? "",
      ...(has("probe") && probe && { rules: probe.rules }),
      recorded: this.#recorded,
      ...(tests && { tests }),
      late: this.#late,
    };
  }

  /** Asks the kernel: recordings need the answer too. */
  async #probe(): Promise<KernelProbe | undefined> {
    try {
      const probe = await probeKernel({ thorough: true });
      await this.#write(probe.recording, PROBES_FILE);
      this.#tell("asked for its rules");
      return probe;
    } catch (error) {
      this.#tell(`could not be asked: ${reasonOf(error)}`);
      return undefined;
    }
  }

  async #programs(found: RecordOptions): Promise<void> {
    const workspace = `${this.#folder}/workspace`;
    await Deno.mkdir(workspace);
    await prepareWorkspace(workspace);
    const home = Deno.cwd();
    Deno.chdir(workspace);
    try {
      for (const { name, command } of programs(Deno.execPath())) {
        await this.#record({ part: "programs", name, command, found });
      }
    } finally {
      Deno.chdir(home);
      await Deno.remove(workspace, { recursive: true });
    }
  }

  async #fuzz(seed: number, found: RecordOptions): Promise<void> {
    await withFuzzProgram({ seed, steps: this.#plan.steps }, async (program) => {
      await this.#record({ part: "fuzz", name: `seed ${seed}`, command: [program], found });
    });
  }

  get #remainingMs(): number {
    return Math.min(this.#endMs - performance.now(), MOST_SECONDS * 1000);
  }

  async #record(
    { part, name, command, found }: {
      readonly part: Recorded["part"];
      readonly name: string;
      readonly command: readonly string[];
      readonly found: RecordOptions;
    },
  ): Promise<void> {
    if (this.#remainingMs <= 0) return void this.#late.push(name);
    const trace = `${name.replace(" ", "-")}.jsonl.gz`;
    const startMs = performance.now();
    const seconds = () => Math.round(performance.now() - startMs) / 1000;
    const signal = AbortSignal.timeout(this.#remainingMs);
    try {
      const purpose = `${name} in another kernel`;
      await this.#write(record(command, { purpose, signal, ...found }), trace);
      this.#recorded.push({ part, name, trace, seconds: seconds() });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      this.#recorded.push({ part, name, failure, seconds: seconds() });
    }
    if (signal.aborted) this.#late.push(name);
    this.#tell(`${name}: ${seconds()} s`);
  }

  async #write(
    records: Iterable<TraceRecord> | AsyncIterable<TraceRecord>,
    name: string,
  ): Promise<void> {
    const sink = await Deno.open(`${this.#folder}/${name}`, { write: true, create: true });
    await writeTrace(records, sink.writable, { gzip: true });
  }

  async #tests(): Promise<TestsRun> {
    const log = await Deno.open(`${this.#folder}/tests.txt`, { write: true, create: true });
    const { tests, late } = await runSuite({
      root: ROOT,
      paths: this.#plan.tests,
      signal: AbortSignal.timeout(Math.max(this.#endMs - performance.now(), 0)),
      tell: this.#tell,
      log: (line) => void log.writeSync(new TextEncoder().encode(`${line}\n`)),
    });
    log.close();
    this.#late.push(...late);
    this.#tell(`tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.ignored} skipped`);
    return tests;
  }
}
