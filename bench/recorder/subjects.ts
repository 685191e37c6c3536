/**
 * What the recorder and strace record: programs of nothing but memory calls, and what is at hand of compilers and
 * interpreters.
 *
 * @module
 */

import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { Unable } from "../../src/command/command.ts";
import { runTool } from "../../src/kernel/tool.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable } from "../../src/verify/executable.ts";

/** A command to record. */
export interface Subject {
  /** As the table names it. */
  readonly name: string;
  /** What is run. */
  readonly command: readonly string[];
}

/** What cannot be recorded here, and why. */
export interface Absentee {
  /** As the table would name it. */
  readonly name: string;
  /** One sentence. */
  readonly why: string;
}

const PAGE = 4096, ARENA = 0x10_0000_0000;
const READ = 1, READ_WRITE = 3;
const VMAS = [100, 1_000, 4_000];
/** Translation units of the make. */
const UNITS = 8;
const PYTHON =
  "import json, asyncio, sqlite3, decimal; json.loads(json.dumps(list(range(100000))))";
const NODE = "JSON.parse(JSON.stringify(Array.from({ length: 1e6 }, (_, i) => i)))";

/**
 * Makes the subjects.
 *
 * @param folder where their files go
 * @param calls memory calls of each program that is made of them
 */
export async function makeSubjects(
  folder: string,
  calls: number,
): Promise<{ readonly subjects: readonly Subject[]; readonly absent: readonly Absentee[] }> {
  const subjects: Subject[] = [{ name: "nothing (true)", command: ["true"] }];
  for (const vmas of VMAS) {
    const path = `${folder}/vmas-${vmas}`;
    await Deno.writeFile(path, executable(Deno.build.arch, manyVmas(vmas, calls)), { mode: 0o700 });
    subjects.push({ name: `${vmas} VMAs, ${calls} calls`, command: [path] });
  }
  await writeSources(folder);
  const absent: Absentee[] = [];
  const candidates: readonly Subject[] = [
    { name: "gcc", command: ["gcc", "-O2", "-c", `${folder}/unit0.c`, "-o", `${folder}/unit.o`] },
    { name: "python", command: ["python3", "-c", PYTHON] },
    { name: "node", command: ["node", "-e", NODE] },
    { name: "make", command: ["make", "-s", "-B", "-C", folder, "all"] },
  ];
  for (const candidate of candidates) {
    const tool = candidate.name === "make" ? "gcc" : candidate.command[0]!;
    const why = await obstacle(candidate.command[0]!) ?? await obstacle(tool);
    if (why === undefined) subjects.push(candidate);
    else absent.push({ name: candidate.name, why });
  }
  return { subjects, absent };
}

/** Why a tool cannot be run, or nothing if it can. */
export async function obstacle(tool: string): Promise<string | undefined> {
  try {
    await runTool(tool, [tool === "strace" ? "-V" : "--version"], `record with ${tool}`);
    return undefined;
  } catch (error) {
    if (error instanceof Unable) return error.message;
    throw error;
  }
}

/** Pages that are VMAs of their own, and beside them a mapping that is made, written to, cut and unmapped. */
function manyVmas(vmas: number, calls: number) {
  const table = new CallTable(Deno.build.arch);
  const fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  table.add("mmap", ARENA, vmas * PAGE, READ_WRITE, fixed, -1, 0);
  for (let page = 1; page < vmas; page += 2) {
    table.add("mprotect", ARENA + page * PAGE, PAGE, READ);
  }
  const beside = ARENA + 2 * vmas * PAGE;
  for (let call = 0; call < calls; call += 3) {
    table.write(table.add("mmap", beside, 4 * PAGE, READ_WRITE, fixed, -1, 0), beside);
    table.add("mprotect", beside, PAGE, READ);
    table.add("munmap", beside, 4 * PAGE);
  }
  table.add("exit_group", 0);
  return table.calls;
}

async function writeSources(folder: string): Promise<void> {
  const names = Array.from({ length: UNITS }, (_, unit) => `unit${unit}`);
  for (const name of names) {
    const functions = Array.from(
      { length: 40 },
      (_, i) => `int ${name}_${i}(int x) { char t[64]; return x + sprintf(t, "%d", x * ${i}); }`,
    );
    await Deno.writeTextFile(
      `${folder}/${name}.c`,
      ["#include <stdio.h>", ...functions, ""].join("\n"),
    );
  }
  const objects = names.map((name) => `${name}.o`).join(" ");
  await Deno.writeTextFile(
    `${folder}/Makefile`,
    `all: ${objects}\n%.o: %.c\n\tgcc -O2 -c $< -o $@\n`,
  );
}
