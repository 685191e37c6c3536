/**
 * `deno task release`: checks that this checkout can be released, packs it, and publishes it.
 *
 * @module
 */

import { outputOf } from "../command/child.ts";
import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { TemporaryFolder } from "../command/files.ts";
import { print, printJson } from "../command/output.ts";
import { parseChangelog } from "./changelog.ts";
import { complaints, pack } from "./pack.ts";
import { sentence, summary } from "./pack_main.ts";
import { type Project, readProject } from "./project.ts";

const SPECIFICATION = {
  name: "release",
  summary: "Publishes the version that deno.json names on npm and JSR, and tags it.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    "dry-run": { help: "check and pack, publish nothing" },
    json: { help: "print what was checked, as JSON" },
  },
  details:
    "Before: deno task ok, deno task test-package, the version in deno.json, its heading with a date in CHANGELOG.md, " +
    "all committed. Exit status: 0, 1 if something keeps this checkout from being released, 2 if it could not be done.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const project = await readProject();
  const packed = await pack(project);
  const obstacles = [
    ...complaints(packed),
    ...await changelogObstacles(project),
    ...await gitObstacles(project),
    ...await jsrObstacles(project),
  ];
  const isDry = args.has("dry-run");
  if (obstacles.length === 0 && !isDry) await publish(project, packed.name, packed.bytes);
  const { version } = project;
  if (args.has("json")) {
    printJson({
      version,
      isPublished: obstacles.length === 0 && !isDry,
      ...summary(packed),
      obstacles,
    });
    return obstacles.length > 0 ? 1 : 0;
  }
  print(`${packed.name}: ${sentence(packed)}`);
  for (const obstacle of obstacles) print(obstacle);
  if (obstacles.length > 0) print(`Version ${version} cannot be released yet`);
  else print(isDry ? `Version ${version} can be released` : `Version ${version} is released`);
  return obstacles.length > 0 ? 1 : 0;
}

/** What the changelog lacks for a release. */
async function changelogObstacles({ root, version }: Project): Promise<string[]> {
  const [latest] = parseChangelog(await Deno.readTextFile(new URL("CHANGELOG.md", root)));
  if (latest?.version !== version) {
    return [`CHANGELOG.md begins with ${latest?.version ?? "nothing"}, deno.json says ${version}`];
  }
  if (latest.date === undefined) return [`CHANGELOG.md has no date for ${version} yet`];
  return latest.text === "" ? [`CHANGELOG.md says nothing about ${version}`] : [];
}

/** What is not committed, or was released before. */
async function gitObstacles({ root, version }: Project): Promise<string[]> {
  const changed = await run(root, "git", ["status", "--porcelain"]);
  const tagged = await run(root, "git", ["tag", "--list", tagOf(version)]);
  return [
    ...(changed.text === "" ? [] : ["There are changes that are not committed"]),
    ...(tagged.text === "" ? [] : [`${tagOf(version)} is tagged already`]),
  ];
}

/** What JSR would refuse: types that are not explicit, files that are missing. */
async function jsrObstacles({ root }: Project): Promise<string[]> {
  const args = ["publish", "--dry-run", "--allow-dirty", "--quiet"];
  const { success, text } = await run(root, "deno", args);
  return success ? [] : [`deno publish --dry-run: ${text}`];
}

async function publish(
  { root, version }: Project,
  name: string,
  tarball: Uint8Array,
): Promise<void> {
  using folder = TemporaryFolder.create("maple-release-");
  const file = `${folder.path}/${name}`;
  await Deno.writeFile(file, tarball);
  const steps: [string, string[]][] = [
    ["npm", ["publish", file, "--access", "public"]],
    ["deno", ["publish"]],
    ["git", ["tag", tagOf(version)]],
  ];
  for (const [command, args] of steps) {
    const { success, text } = await run(root, command, args);
    if (!success) throw new Unable(`${command} ${args[0]} failed: ${text}`);
  }
}

function tagOf(version: string): string {
  return `v${version}`;
}

/** Runs a command in the project's folder; what it said on both streams. */
async function run(
  root: URL,
  command: string,
  args: string[],
): Promise<{ success: boolean; text: string }> {
  const options = { args, cwd: root, env: { NO_COLOR: "1" }, stdin: "null" } as const;
  const { success, stdout, stderr } = await outputOf(command, options);
  const decoder = new TextDecoder();
  return { success, text: `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim() };
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
