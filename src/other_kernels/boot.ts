/**
 * Booting a kernel under qemu, and taking out what its session found.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { beforeSignalEnds } from "../command/signals.ts";
import { runTool } from "../kernel/tool.ts";
import type { FetchedKernel } from "./packages.ts";
import type { Images } from "./images.ts";

/** How qemu runs the kernel. */
export interface Machine {
  /** `tcg`: in software, everywhere; `kvm`: on the processor itself, where the machine allows it. */
  readonly accelerator: "tcg" | "kvm";
  /** The processor, as qemu's `-cpu` takes it. */
  readonly processor: string;
  /** How many of them. */
  readonly processors: number;
  /** MiB. */
  readonly memory: number;
  /** How long the session may take, seconds; booting and writing the result come on top. */
  readonly seconds: number;
}

/**
 * Drivers of the disks, each after those that it needs, and the file system of containers, which tests mount; a kernel
 * that has one built in has no such file.
 */
const MODULES = [
  "virtio",
  "virtio_ring",
  "virtio_pci_legacy_dev",
  "virtio_pci_modern_dev",
  "virtio_pci",
  "virtio_blk",
  "crc16",
  "libcrc32c",
  "crc32c_generic",
  "mbcache",
  "jbd2",
  "ext4",
  "overlay",
];

/**
 * The kernel's command line. On a busy machine the timer comes too late for the check that it is there. What guards
 * against the processor's speculation costs an emulated one, which does not speculate, a third of the time.
 */
const COMMAND_LINE = "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off";

/** Booting, and switching off, on a slow machine. */
const OVERHEAD_SECONDS = 300;
/** What the third disk can hold. */
const RESULT_SIZE = "1G";
/** What the booted system says on its console when all is written. */
const DONE = "maple: done";

/**
 * Boots a kernel, lets its session run, and unpacks what that leaves.
 *
 * @param folder an empty folder: the console's text, the session's files
 * @throws {Unable} qemu is missing, or the system does not come to its end
 */
export async function boot(
  { folder: kernel, package: name }: FetchedKernel,
  images: Images,
  machine: Machine,
  folder: string,
): Promise<void> {
  const image = await findFile(`${kernel}/boot`, /^vmlinuz/) ??
    await findFile(kernel, /^vmlinuz/);
  if (image === undefined) throw new Unable(`Cannot boot ${name}: it has no kernel image`);
  const initramfs = await makeInitramfs(kernel, images.system, folder);
  const result = `${folder}/result.tar`;
  await runTool("truncate", ["-s", RESULT_SIZE, result], "make a disk");
  const console = `${folder}/console.txt`;
  await runMachine(machine, [
    ...["-kernel", image, "-initrd", initramfs, "-append", COMMAND_LINE],
    ...["-serial", `file:${console}`, "-serial", `file:${folder}/progress.txt`],
    ...disk(images.root, true),
    ...disk(images.checkout, true),
    ...disk(result, false),
  ]);
  const said = await Deno.readTextFile(console).catch(() => "");
  if (!said.includes(DONE)) {
    throw new Unable(`Cannot run ${name} to its end: see ${console}, and progress.txt beside it`);
  }
  await runTool("tar", ["-xf", result, "-C", folder], "unpack what the session left");
  for (const each of [result, initramfs]) await Deno.remove(each);
}

function disk(path: string, isThrownAway: boolean): string[] {
  const snapshot = isThrownAway ? ",snapshot=on" : "";
  return ["-drive", `file=${path},format=raw,if=virtio${snapshot}`];
}

/** Runs qemu until the system switches itself off, or its time is up. */
async function runMachine(machine: Machine, args: readonly string[]): Promise<void> {
  const command = new Deno.Command("qemu-system-x86_64", {
    args: [
      ...["-accel", machine.accelerator === "tcg" ? "tcg,thread=multi" : "kvm"],
      ...["-cpu", machine.processor, "-m", String(machine.memory)],
      ...["-smp", String(machine.processors)],
      ...["-nodefaults", "-display", "none", "-monitor", "none", "-no-reboot"],
      ...args,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const child = spawn(command);
  const forget = beforeSignalEnds(() => child.kill("SIGKILL"));
  const limitMs = (machine.seconds + OVERHEAD_SECONDS) * 1000;
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const { code, signal, stderr } = await child.output();
  clearTimeout(timer);
  forget();
  if (code === 0 || signal !== null) return;
  const why = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new Unable(`Cannot run qemu: ${why}`);
}

function spawn(command: Deno.Command): Deno.ChildProcess {
  try {
    return command.spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unable("Cannot boot a kernel: there is no qemu-system-x86_64 on this machine");
  }
}

/** The first file system: a program that runs everywhere, the drivers of the disks, and the script that mounts them. */
async function makeInitramfs(kernel: string, system: string, folder: string): Promise<string> {
  const content = `${folder}/initramfs`;
  for (const name of ["bin", "modules"]) {
    await Deno.mkdir(`${content}/${name}`, { recursive: true });
  }
  const busybox = await findFile(`${system}/bin`, /^busybox$/) ??
    await findFile(`${system}/usr/bin`, /^busybox$/);
  if (busybox === undefined) throw new Unable("Cannot boot a kernel: its system has no busybox");
  await Deno.copyFile(busybox, `${content}/bin/busybox`);
  await Deno.copyFile(new URL("guest/initramfs.sh", import.meta.url), `${content}/init`);
  for (const path of ["init", "bin/busybox"]) await Deno.chmod(`${content}/${path}`, 0o755);
  await Deno.writeTextFile(`${content}/modules/order`, MODULES.join("\n") + "\n");
  for (const module of MODULES) {
    const file = await findFile(kernel, new RegExp(`^${module}\\.ko(\\.\\w+)?$`));
    if (file !== undefined) await unpackModule(file, `${content}/modules/${module}.ko`);
  }
  const archive = `${folder}/initramfs.cpio`;
  const make = 'cd "$1" && find . | "$1/bin/busybox" cpio -o -H newc > "$2"';
  await runTool("sh", ["-c", make, "sh", content, archive], "pack the first file system");
  await Deno.remove(content, { recursive: true });
  return archive;
}

async function unpackModule(file: string, to: string): Promise<void> {
  const [program] = file.endsWith(".xz") ? ["xz"] : file.endsWith(".zst") ? ["zstd"] : ["cat"];
  const args = program === "cat" ? [file] : ["-dc", file];
  await Deno.writeFile(to, await runTool(program ?? "cat", args, "unpack a driver"));
}

/** The first file below a folder whose name fits. */
async function findFile(folder: string, name: RegExp): Promise<string | undefined> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  const found = entries.find((entry) => !entry.isDirectory && name.test(entry.name));
  if (found !== undefined) return `${folder}/${found.name}`;
  for (const entry of entries.filter(({ isDirectory }) => isDirectory)) {
    const below = await findFile(`${folder}/${entry.name}`, name);
    if (below !== undefined) return below;
  }
  return undefined;
}
