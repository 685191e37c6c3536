/**
 * Booting a kernel under qemu or as a process, and taking out what its session found.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { runTool } from "../kernel/tool.ts";
import { type GuestMachine, runGuest } from "./guest_process.ts";
import type { FetchedKernel } from "./packages.ts";
import type { Images } from "./images.ts";
import { runUserMode } from "./user_mode.ts";

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

/** What is written goes elsewhere; other kernels may use the file meanwhile, one that is a process locks it. */
const SHARED = ",snapshot=on,file.locking=off";

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
 * @throws {Unable} what runs it is missing, or the system does not come to its end
 */
export async function boot(
  kernel: FetchedKernel,
  images: Images,
  machine: Machine,
  folder: string,
): Promise<void> {
  const initramfs = await makeInitramfs(kernel.folder, images.system, folder);
  const result = `${folder}/result.tar`;
  await runTool("truncate", ["-s", RESULT_SIZE, result], "make a disk");
  const guest: GuestMachine = {
    initramfs,
    disks: [
      { path: images.root, isThrownAway: true },
      { path: images.checkout, isThrownAway: true },
      { path: result, isThrownAway: false },
    ],
    memory: machine.memory,
    seconds: machine.seconds + OVERHEAD_SECONDS,
    folder,
  };
  if (kernel.isProcess) await runUserMode(kernel.folder, guest);
  else await runEmulated(kernel, machine, guest);
  const console = `${folder}/console.txt`;
  const said = await Deno.readTextFile(console).catch(() => "");
  if (!said.includes(DONE)) {
    throw new Unable(
      `Cannot run ${kernel.package} to its end: see ${console}, and progress.txt beside it`,
    );
  }
  await runTool("tar", ["-xf", result, "-C", folder], "unpack what the session left");
  for (const each of [result, initramfs]) await Deno.remove(each);
}

/** Runs qemu until the system switches itself off, or its time is up. */
async function runEmulated(
  { folder: kernel, package: name }: FetchedKernel,
  { accelerator, processor, processors }: Machine,
  { initramfs, disks, memory, seconds, folder }: GuestMachine,
): Promise<void> {
  const image = await findFile(`${kernel}/boot`, /^vmlinuz/) ??
    await findFile(kernel, /^vmlinuz/);
  if (image === undefined) throw new Unable(`Cannot boot ${name}: it has no kernel image`);
  const { code, errors } = await runGuest("qemu-system-x86_64", [
    ...["-accel", accelerator === "tcg" ? "tcg,thread=multi" : "kvm"],
    ...["-cpu", processor, "-m", String(memory), "-smp", String(processors)],
    ...["-nodefaults", "-display", "none", "-monitor", "none", "-no-reboot"],
    ...["-kernel", image, "-initrd", initramfs, "-append", COMMAND_LINE],
    ...["-serial", `file:${folder}/console.txt`, "-serial", `file:${folder}/progress.txt`],
    ...disks.flatMap(({ path, isThrownAway }) => [
      "-drive",
      `file=${path},format=raw,if=virtio${isThrownAway ? SHARED : ""}`,
    ]),
  ], seconds);
  if (code !== undefined && code !== 0) throw new Unable(`Cannot run qemu: ${errors.at(-1)}`);
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
