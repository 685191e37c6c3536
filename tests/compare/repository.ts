/** Throw-away git repositories for the tests of the comparison. */

import { ROOT } from "../../src/command/paths.ts";

/** A repository in a temporary folder, removed when disposed of. */
export class Repository implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** An empty repository. */
  static async create(name = ""): Promise<Repository> {
    const repository = new Repository(await Deno.makeTempDir({ prefix: `maple-test-${name}` }));
    await repository.git("init", "-q", "-b", "main");
    return repository;
  }

  /** A repository with this suite's own code, committed. */
  static async withSuite(name?: string): Promise<Repository> {
    const repository = await Repository.create(name);
    for (const part of ["mod.ts", "src"]) {
      await copy(`${ROOT}${part}`, `${repository.folder}/${part}`);
    }
    await repository.commit("the suite");
    return repository;
  }

  /** Runs git in it. */
  async git(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args],
      cwd: this.folder,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trimEnd();
  }

  /** Writes a file. */
  async write(path: string, text: string): Promise<void> {
    const file = `${this.folder}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }

  /** Commits everything and gives the commit's id. */
  async commit(message: string): Promise<string> {
    await this.git("add", "-A");
    await this.git("commit", "-q", "-m", message);
    return await this.git("rev-parse", "HEAD");
  }

  /** Commits a `mod.ts` that changes the tree: `body` overrides methods of `Original`. */
  async commitChange(body: string): Promise<string> {
    const original = await Deno.readTextFile(`${this.folder}/mod.ts`);
    await this.write("src/original.ts", original.replaceAll('"./src/', '"./'));
    await this.write(
      "mod.ts",
      `import { MapleTree as Original } from "./src/original.ts";
export * from "./src/original.ts";
export class MapleTree<V> extends Original<V> {
  calls = 0;
${body}
}
`,
    );
    return await this.commit("a change");
  }

  /** Folders of all its worktrees but itself. */
  async worktrees(): Promise<string[]> {
    const list = await this.git("worktree", "list", "--porcelain");
    const folders = [...list.matchAll(/^worktree (.*)$/gm)].map(([, folder]) => folder!);
    return folders.slice(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
