/**
 * A folder of somebody's project in which the package is installed, as its users do it.
 *
 * @module
 */

import { pack, type Package } from "../../src/release/pack.ts";
import { readProject, ROOT } from "../../src/release/project.ts";

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let made: Promise<Package> | undefined;

/** The package, packed once for all tests of a file. */
export function packed(): Promise<Package> {
  return made ??= readProject().then(pack);
}

/** A temporary project. */
export class ProjectFolder implements AsyncDisposable {
  /** The folder's path. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** An empty project in which npm has installed the packed package, and `packages` besides. */
  static async create(packages: readonly string[] = []): Promise<ProjectFolder> {
    const project = new ProjectFolder(await Deno.makeTempDir({ prefix: "maple-project-" }));
    const { name, bytes } = await packed();
    await Deno.writeFile(`${project.path}/${name}`, bytes);
    await project.write(
      "package.json",
      '{ "name": "project", "private": true, "type": "module" }\n',
    );
    await project.npm(`./${name}`);
    if (packages.length > 0) await project.npm(...packages);
    for await (const program of Deno.readDir(PROGRAMS)) {
      const to = `${project.path}/${program.name}`;
      await Deno.copyFile(new URL(program.name, PROGRAMS), to);
    }
    await Deno.copyFile(new URL("traces/cc1-hello.jsonl.gz", ROOT), `${project.path}/trace.gz`);
    return project;
  }

  /** Installs packages, without their scripts. */
  async npm(...packages: string[]): Promise<void> {
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefer-offline"];
    const { code, stdout, stderr } = await this.run("npm", "install", ...flags, ...packages);
    if (code !== 0) throw new Error(`npm install ${packages.join(" ")}: ${stdout}${stderr}`);
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/${name}`, text);
  }

  /** Runs a command in the folder; a path that begins with `node_modules` is one of this project. */
  async run(command: string, ...args: string[]): Promise<Said> {
    const path = command.startsWith("node_modules/") ? `${this.path}/${command}` : command;
    const { code, stdout, stderr } = await new Deno.Command(path, {
      args,
      cwd: this.path,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const PROGRAMS = new URL("programs/", import.meta.url);

/** Whether a command can be run at all. */
export async function hasCommand(command: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
