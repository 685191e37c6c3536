/**
 * `deno task other-kernels`: boots kernels of Debian and Ubuntu under qemu and checks the model against each of them.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { outputOf } from "../command/child.ts";
import { TemporaryFolder } from "../command/files.ts";
import { print, printJson, quoted } from "../command/output.ts";
import { pathOf } from "../command/paths.ts";
import { Progress } from "../command/progress.ts";
import { boot, type Machine } from "./boot.ts";
import {
  detailsOf,
  findingOf,
  findingsAsMarkdown,
  isSound,
  type KernelFinding,
  testsAsMarkdown,
} from "./findings.ts";
import { type Images, makeImages } from "./images.ts";
import {
  kernelNamed,
  kernelNames,
  type OtherKernel,
  PROCESS_NAMES,
  RUNNING_KERNEL,
  USUAL_KERNELS,
} from "./kernels.ts";
import { fetchKernel, mirrorOf, type Mirrors } from "./packages.ts";
import { KERNEL_TESTS, type Part, PARTS, type Plan, PLAN_FILE } from "./plan.ts";
import { readSession } from "./read_session.ts";

/**
 * No five-level page tables, which few machines have; no fast string instructions, for which the kernel and libc would
 * copy byte by byte: software takes a step for each.
 */
const PROCESSOR = "max,-la57,-erms,-fsrm";

const SPECIFICATION = {
  name: "other-kernels",
  summary:
    "Boots Debian's and Ubuntu's kernels under qemu, records programs and random calls on each, and compares the model with them.",
  usage: "[KERNEL…] [options]",
  operands: [0, Infinity],
  options: {
    parts: { value: "PART,…", help: `only these of ${PARTS.join(", ")} (all)` },
    seeds: { value: "N", help: "how many runs of random calls (10)" },
    "first-seed": { value: "N", help: "the first one's seed; the others follow (1)" },
    tests: {
      value: "PATH,…",
      help: "tests to run; tests is all of them (tests/probe, tests/verify, tests/capture)",
    },
    steps: { value: "N", help: "calls of such a run (2000)" },
    minutes: { value: "N", help: "what a kernel's session may take (60)" },
    accelerator: { value: "NAME", help: "tcg, in software, or kvm, on the processor (tcg)" },
    processor: { value: "NAME", help: `qemu's -cpu (${PROCESSOR})` },
    processors: { value: "N", help: "processors of the booted system (1)" },
    memory: { value: "MIB", help: "memory of the booted system (3072)" },
    mirror: { value: "URL", help: "Debian's mirror; this system's own unless given" },
    "ubuntu-mirror": { value: "URL", help: "Ubuntu's mirror; this system's own unless given" },
    keep: { value: "FOLDER", help: "keep recordings and consoles there" },
    json: { help: "print one JSON object instead of a table" },
  },
  details: [
    `Kernels: Debian's ${kernelNames("Debian").join(", ")};`,
    `Ubuntu's ${kernelNames("Ubuntu").join(", ")};`,
    `${PROCESS_NAMES.join(", ")}, which run as a process of this`,
    "kernel, without qemu and nearly as fast, and are built in a way of their own;",
    `and ${RUNNING_KERNEL}, which is this machine's own. ${USUAL_KERNELS.join(", ")}`,
    "unless some are named. More of a version, as 6.18.5, names one that is not its newest; a flavour",
    "after it those that are built for something: 6.12-rt, ubuntu-6.8-azure (aws, gcp, lowlatency, oem).",
    "",
    "Booting needs root, qemu-system-x86, debootstrap, e2fsprogs, git and the network; Debian is installed once",
    "into the cache folder ($XDG_CACHE_HOME/maple, else ~/.cache/maple; 3 GB). Exit status: 0 everything agrees,",
    "1 something does not, 2 it could not run.",
  ].join("\n"),
} as const;

interface Request {
  readonly booted: readonly OtherKernel[];
  readonly asksRunning: boolean;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly folder: string;
  readonly progress: Progress;
  readonly mirrors: Mirrors;
}

async function main(args: CommandArguments): Promise<number> {
  using scratch = TemporaryFolder.create("maple-kernels-");
  const folder = args.text("keep") ?? scratch.path;
  await Deno.mkdir(folder, { recursive: true });
  const request: Request = {
    ...requestOf(args),
    folder: await Deno.realPath(folder),
    progress: new Progress(),
  };
  const findings = await run(request);
  request.progress.clear();
  if (args.has("json")) printJson({ kernels: findings });
  else {
    const tables = [findingsAsMarkdown(findings), testsAsMarkdown(findings)];
    print([...tables, detailsOf(findings).join("\n")].filter((part) => part !== "").join("\n\n"));
  }
  if (findings.some(({ failure }) => failure !== undefined)) return 2;
  return findings.every(isSound) ? 0 : 1;
}

function requestOf(args: CommandArguments): Omit<Request, "folder" | "progress"> {
  const kernels = args.operands.length === 0 ? USUAL_KERNELS : args.operands;
  const seconds = 60 * (args.integer("minutes", 1) ?? 60);
  const first = args.integer("first-seed") ?? 1;
  const count = args.integer("seeds", 1) ?? 10;
  return {
    booted: kernels.filter((name) => name !== RUNNING_KERNEL).map(toBoot),
    asksRunning: kernels.includes(RUNNING_KERNEL),
    plan: {
      parts: partsOf(args.text("parts")),
      seeds: Array.from({ length: count }, (_, at) => first + at),
      tests: args.text("tests")?.split(",") ?? KERNEL_TESTS,
      steps: args.integer("steps", 1) ?? 2000,
      seconds,
    },
    machine: {
      accelerator: args.choice("accelerator", ["tcg", "kvm"]) ?? "tcg",
      processor: args.text("processor") ?? PROCESSOR,
      processors: args.integer("processors", 1) ?? 1,
      memory: args.integer("memory", 512) ?? 3072,
      seconds,
    },
    mirrors: mirrorsOf(args),
  };
}

function toBoot(name: string): OtherKernel {
  const kernel = kernelNamed(name);
  if (kernel !== undefined) return kernel;
  const booted = [...kernelNames("Debian"), ...kernelNames("Ubuntu"), ...PROCESS_NAMES];
  const names = [...booted, RUNNING_KERNEL].join(", ");
  throw new Unable(`There is no kernel ${quoted(name)}; there are ${names}`);
}

function mirrorsOf(args: CommandArguments): Mirrors {
  const debian = args.text("mirror"), ubuntu = args.text("ubuntu-mirror");
  return {
    ...(debian !== undefined && { Debian: debian }),
    ...(ubuntu !== undefined && { Ubuntu: ubuntu }),
  };
}

function partsOf(text: string | undefined): Part[] {
  const named = text?.split(",") ?? [...PARTS];
  const wrong = named.find((name) => !PARTS.some((part) => part === name));
  if (wrong !== undefined) {
    throw new Unable(`There is no part ${quoted(wrong)}; there are ${PARTS.join(", ")}`);
  }
  return PARTS.filter((part) => named.includes(part));
}

async function run(request: Request): Promise<KernelFinding[]> {
  const { booted, plan, folder, progress } = request;
  const findings: KernelFinding[] = [];
  if (booted.length > 0) {
    checkRoot();
    const mirror = request.mirrors.Debian ?? await mirrorOf("Debian");
    const images = await makeImages(folder, mirror, plan, (what) => progress.show(() => what));
    for (const kernel of booted) findings.push(await runBooted(kernel, images, request));
    await Deno.remove(images.checkout);
  }
  if (request.asksRunning) findings.push(await runHere(request));
  return findings;
}

function checkRoot(): void {
  if (Deno.uid() !== 0) {
    throw new Unable("Cannot make the disks of another system: that needs root");
  }
}

/** How often the line of progress is drawn while a kernel runs, ms. */
const SHOW_MS = 500;

/** What the session in a booted kernel has told last, cut to a line. */
function lastLine(path: string): string {
  try {
    return Deno.readTextFileSync(path).trimEnd().split("\n").at(-1)?.trim().slice(0, 70) ?? "";
  } catch {
    return "";
  }
}

/** One kernel; that it cannot be booted keeps no other from it. */
async function runBooted(
  kernel: OtherKernel,
  images: Images,
  { machine, folder, progress, mirrors }: Request,
): Promise<KernelFinding> {
  const own = `${folder}/${kernel.name}`;
  await Deno.mkdir(own, { recursive: true });
  try {
    progress.show(() => `${kernel.name}: fetching it`);
    const fetched = await fetchKernel(kernel, mirrors);
    const show = () => progress.show(() => `${kernel.name}: ${lastLine(`${own}/progress.txt`)}`);
    const timer = setInterval(show, SHOW_MS);
    try {
      await boot(fetched, images, machine, own);
    } finally {
      clearInterval(timer);
    }
    return await findingOf(kernel, await readSession(own), own);
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    const nothing = { release: "", programs: [], fuzz: [], late: [] };
    return { name: kernel.name, ...nothing, failure: error.message };
  }
}

/** The running kernel: the same session, in a process of its own, as programs print. */
async function runHere({ plan, folder, progress }: Request): Promise<KernelFinding> {
  const own = `${folder}/${RUNNING_KERNEL}`;
  await Deno.mkdir(own, { recursive: true });
  await Deno.writeTextFile(`${own}/${PLAN_FILE}`, JSON.stringify(plan));
  progress.show(() => "the running kernel");
  const { success } = await outputOf(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-P=other-kernels",
      "--config",
      pathOf("deno.json"),
      pathOf("src/other_kernels/inside_main.ts"),
      own,
    ],
    stdin: "null",
  });
  if (!success) {
    throw new Unable("Cannot record on the running kernel: try deno task verify -- true");
  }
  return await findingOf({ name: RUNNING_KERNEL }, await readSession(own), own);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
