/**
 * The worker of a trial: runs test files of the copy in which it stands, one after the other, and stops at the first
 * test that fails. `Deno.test` is replaced by a list.
 *
 * @module
 */

/** What the worker is asked: test files, relative to this one. */
export interface Order {
  readonly files: readonly string[];
}

/** What it answers. */
export interface Answer {
  /** The test that failed, undefined if none did. */
  readonly killedBy: string | undefined;
  /** Tests that ran. */
  readonly tests: number;
}

declare const self: {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(answer: Answer | "ready" | "going on"): void;
};

interface Test {
  readonly name: string;
  readonly run: (context: unknown) => unknown;
}

const registered: Test[] = [];

function register(name: string, run: (context: unknown) => unknown): void {
  registered.push({ name, run });
}

/** Runs until a test fails. */
async function run(files: readonly string[]): Promise<Answer> {
  let tests = 0;
  for (const file of files) {
    try {
      await import(new URL(file, import.meta.url).href);
    } catch (error) {
      return { killedBy: `${file}: ${error}`, tests };
    }
    for (const test of registered.splice(0)) {
      tests++;
      self.postMessage("going on");
      try {
        await test.run({});
      } catch {
        return { killedBy: test.name, tests };
      }
    }
  }
  return { killedBy: undefined, tests };
}

if (import.meta.url.includes("maple-mutation-")) {
  Object.defineProperty(Deno, "test", { value: register });
  console.log = () => {};
  self.onmessage = async ({ data }) => self.postMessage(await run(data.files));
  self.postMessage("ready");
}
