/**
 * `deno task pack`: the package that npm, Bun and Deno install, as a tarball.
 *
 * @module
 */

import { type CommandArguments, runCommand } from "../command/command.ts";
import { createFile } from "../command/files.ts";
import { complain, print, printJson } from "../command/output.ts";
import { complaints, pack, type Package } from "./pack.ts";
import { readProject } from "./project.ts";

const SPECIFICATION = {
  name: "pack",
  summary: "Packs the package that npm, Bun and Deno install, and checks what is in it.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    out: { help: "the tarball; maple-mm-VERSION.tgz unless given", value: "FILE" },
    json: { help: "print what was packed, as JSON" },
  },
  details: "Exit status: 0, 1 if the package breaks a limit, 2 if it cannot be made.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const packed = await pack(await readProject());
  const out = args.text("out") ?? packed.name;
  const writer = (await createFile(out)).getWriter();
  await writer.write(new Uint8Array(packed.bytes));
  await writer.close();
  const wrong = complaints(packed);
  if (args.has("json")) printJson({ file: out, ...summary(packed), complaints: wrong });
  else print(`${out}: ${sentence(packed)}`);
  for (const complaint of wrong) complain(complaint);
  return wrong.length > 0 ? 1 : 0;
}

/** A package in figures. */
export function summary({ files, bytes, rangeMapBytes }: Package): Record<string, number> {
  return { files: files.size, bytes: bytes.length, rangeMapBytes };
}

/** The figures in words. */
export function sentence({ files, bytes, rangeMapBytes }: Package): string {
  return `${files.size} files, ${bytes.length} bytes; RangeMap alone is ${rangeMapBytes} bytes minified`;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
