/**
 * Reading what tests print while they run.
 *
 * @module
 */

import type { TestFile } from "./plan.ts";

/** What `deno test` prints, one line after the other. */
export class TestOutput {
  readonly #files: TestFile[] = [];
  readonly #failures: string[] = [];
  /** A test that runs so long that its line was ended with a remark: how it ends follows by itself. */
  #slow: string | undefined;
  #file: { path: string; tests: number; passed: number; failed: number; skipped: string[] } = {
    ...NO_FILE,
    skipped: [],
  };

  /** Files whose tests have all ended, and the last one. */
  get files(): readonly TestFile[] {
    return [...this.#files, ...this.#countOf()];
  }

  /** The tests that failed. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Takes a line. Says which test failed by it, and which file has come to its end by it. */
  take(line: string): { failed?: string; file?: TestFile } {
    const [, tests, path] = /^running (\d+) tests? from (?:\.\/)?(.*)$/.exec(line) ?? [];
    if (path !== undefined) {
      this.#files.push(...this.#countOf());
      this.#file = { path, tests: Number(tests), passed: 0, failed: 0, skipped: [] };
      return {};
    }
    const [, unloaded] = /^Uncaught error from (?:\.\/)?(.*) FAILED$/.exec(line) ?? [];
    if (unloaded !== undefined) {
      this.#failures.push(unloaded);
      return { failed: unloaded };
    }
    const [, slow] = /^(\S.*) \.\.\.'.*' has been running for over/.exec(line) ?? [];
    if (slow !== undefined) this.#slow = slow;
    // Two spaces begin the line of a step, which counts with its test.
    const [, whole, how] = /^(?:(\S.*) \.\.\.)? (?! )(?:.* )?(ok|FAILED|ignored) \(/.exec(line) ??
      [];
    const name = whole ?? this.#slow;
    if (name === undefined || how === undefined) return {};
    this.#slow = undefined;
    if (how === "ok") this.#file.passed++;
    else if (how === "ignored") this.#file.skipped.push(name);
    else {
      this.#file.failed++;
      this.#failures.push(name);
    }
    const { passed, failed, skipped } = this.#file;
    const isLast = passed + failed + skipped.length === this.#file.tests;
    const [file] = isLast ? this.#countOf() : [];
    return { ...(how === "FAILED" && { failed: name }), ...(file && { file }) };
  }

  #countOf(): TestFile[] {
    const { path, tests, passed, failed, skipped } = this.#file;
    return tests === 0 ? [] : [{ path, passed, failed, skipped: [...skipped] }];
  }
}

const NO_FILE = { path: "", tests: 0, passed: 0, failed: 0 };
