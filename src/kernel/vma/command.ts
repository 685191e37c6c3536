/**
 * `deno task kernel check --vma`: the same for a kernel's `mm/vma.c`.
 *
 * @module
 */

import { print, printJson } from "../../command/output.ts";
import { Progress } from "../../command/progress.ts";
import { build } from "../build.ts";
import { showOperation } from "../operation.ts";
import { findSource } from "../source.ts";
import { checkVma, type VmaCheckResult } from "./check.ts";

/** What the command was asked for. */
export interface VmaCommand {
  readonly source: string | undefined;
  readonly steps: number;
  readonly seed: number;
  readonly limitMs: number;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

/** Runs it, and gives the exit status. */
export async function runVmaCheck(command: VmaCommand): Promise<number> {
  const { signal, seed, steps, limitMs, isJson } = command;
  const progress = new Progress();
  try {
    const source = await findSource(command.source);
    const { program } = await build(source, "vma", (what) => progress.show(() => what));
    const onProgress = (count: number) =>
      progress.show(() => `${count.toLocaleString("en")} operations`);
    const result = await checkVma({
      program,
      release: source.version,
      limitMs,
      steps,
      seed,
      signal,
      onProgress,
    });
    progress.clear();
    signal.throwIfAborted();
    if (isJson) printJson({ source, seed, ...asData(result) });
    else print(`mm/vma.c of Linux ${source.version} (${source.name})\n${format(result)}`);
    return result.found === undefined ? 0 : 1;
  } finally {
    progress.clear();
  }
}

/** What a layout does not have, and why. */
export const NOT_DRIVEN =
  "not driven: brk, whose do_brk_flags() is in mm/mmap.c in 6.12 and needs a heap; shared memory; fork, which makes " +
  "several VMAs share an anon_vma; the recorded traces, as what mmap() and mremap() check first is in files that do not " +
  "build in user space";

function format({ layouts, operations, found }: VmaCheckResult): string {
  const much = `${operations.toLocaleString("en")} operations on ${layouts} layouts`;
  if (found === undefined) {
    return `  ${much}, every VMA and map_count compared with src/mm after each: no difference\n` +
      `  ${NOT_DRIVEN}`;
  }
  const { difference, shrunk, shown } = found;
  return [
    `  ${much}`,
    "",
    `Operation ${difference.at + 1} went wrong: ${showOperation(difference.operation)}`,
    "",
    `Shrunk to ${shrunk.length} operations: none can be removed`,
    ...shrunk.map((it) => `  ${showOperation(it)}`),
    `  ${shown.text}`,
  ].join("\n");
}

function asData({ layouts, operations, found }: VmaCheckResult): object {
  return {
    layouts,
    operations,
    found: found && {
      operation: found.difference.at + 1,
      text: found.shown.text,
      shrunk: found.shrunk.map(showOperation),
    },
  };
}
