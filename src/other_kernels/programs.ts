/**
 * The programs that are run in each kernel, and the files that they work on.
 *
 * @module
 */

import { runTool } from "../kernel/tool.ts";

/** A program to run. */
export interface Program {
  /** What it is called in the table. */
  readonly name: string;
  /** Its command line, in the workspace. */
  readonly command: readonly string[];
}

const THREADS = "import threading\n" +
  "def work():\n  for size in range(40): bytearray(size * 50_000)\n" +
  "threads = [threading.Thread(target=work) for _ in range(4)]\n" +
  "[each.start() for each in threads]; [each.join() for each in threads]";

/**
 * Ten programs: shells, a compiler, interpreters with and without threads, two JavaScript engines, and last what takes
 * longest, a build.
 */
export function programs(deno: string): readonly Program[] {
  return [
    { name: "true", command: ["true"] },
    {
      name: "bash",
      command: ["bash", "-c", "for i in 1 2 3; do (true); done; echo $(ls | wc -l)"],
    },
    { name: "gcc", command: ["gcc", "-O2", "-c", "main.c", "-o", "/dev/null"] },
    { name: "git", command: ["git", "--no-pager", "-C", "history", "log", "--stat"] },
    { name: "python", command: ["python3", "-c", THREADS] },
    {
      name: "perl",
      command: ["perl", "-e", "my %h = map { $_ => 'x' x $_ } 1 .. 2000; print scalar keys %h"],
    },
    { name: "tar", command: ["tar", "czf", "/dev/null", "history"] },
    {
      name: "node",
      command: ["node", "-e", "console.log(JSON.stringify(Array(1000).fill({})).length)"],
    },
    { name: "deno", command: [deno, "eval", "console.log(new Array(1000).fill(1).length)"] },
    { name: "make", command: ["make", "-s", "-j2"] },
  ];
}

const PART_FILES = ["one", "two"];

/** Writes what the programs work on into an empty folder: sources to build, and a repository with a history. */
export async function prepareWorkspace(folder: string): Promise<void> {
  for (const name of PART_FILES) {
    const text = `#include <stdio.h>\nint ${name}(int a) { return printf("%d ${name}\\n", a); }\n`;
    await Deno.writeTextFile(`${folder}/${name}.c`, text);
  }
  const declared = PART_FILES.map((name) => `int ${name}(int);\n`).join("");
  const called = PART_FILES.map((name) => `${name}(1)`).join(" + ");
  await Deno.writeTextFile(
    `${folder}/main.c`,
    `${declared}int main(void) { return ${called} < 0; }\n`,
  );
  const objects = ["main", ...PART_FILES].map((name) => `${name}.o`).join(" ");
  await Deno.writeTextFile(`${folder}/Makefile`, `program: ${objects}\n\t$(CC) -o $@ $^\n`);
  await prepareHistory(`${folder}/history`);
}

async function prepareHistory(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const git = (...args: string[]) => runTool("git", ["-C", folder, ...args], "make a repository");
  await git("init", "-q");
  for (const name of PART_FILES) {
    await Deno.writeTextFile(`${folder}/${name}`, `${name}\n`.repeat(500));
    await git("add", ".");
    const author = ["-c", "user.name=Maple", "-c", "user.email=maple@example.org"];
    await git(...author, "commit", "-qm", `Add ${name}`);
  }
}
