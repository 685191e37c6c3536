/**
 * A kernel that runs as a process of this one (User Mode Linux, arch/um): its own code for memory at nearly the speed
 * of this machine, where an emulated one needs twenty times as long. It is built in its own way: addresses of 39 or 47
 * bits that are filled upwards, no huge pages, no protection keys, an executable heap.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { exists } from "../kernel/cache.ts";
import { type Disk, type GuestMachine, runGuest } from "./guest_process.ts";

const LOADER = "ld-linux-x86-64.so.2";
/**
 * In a mount namespace of its own: the program was linked to a C library that may be newer than this system's, so its
 * loader is put over this system's there. Nothing but the program can be started then.
 */
const SCRIPT = `mount --bind "$1" /lib64/ld-linux-x86-64.so.2 || exit 125
export LD_LIBRARY_PATH="$2"
program=$3 folder=$4
shift 4
"$program" "$@" > "$folder/console.txt" 3> "$folder/progress.txt"`;
/** The script's status if it may not mount, and that of `unshare` if it may not make the namespace. */
const NO_MOUNT = 125, NO_NAMESPACE = 1;
/** What the kernel says where this one refuses it one more mapping. */
const TOO_MANY_MAPPINGS = "UML ran out of memory on the host side";

/**
 * Runs the kernel until its system switches itself off.
 *
 * @param kernel the folder of its package, and of its C library
 * @throws {Unable} not root, or a part is missing
 */
export async function runUserMode(
  kernel: string,
  { initramfs, disks, memory, seconds, folder }: GuestMachine,
): Promise<void> {
  const libraries = await libraryFolder(kernel);
  await removeChanges(disks, folder); // of a run that was interrupted: they fit no other disk
  const ending = ["--pid", "--fork", "--kill-child", "--mount-proc"]; // all of it ends with this command
  const { code, errors } = await runGuest("unshare", [
    ...["--mount", ...ending, "sh", "-c", SCRIPT, "sh"],
    ...[`${libraries}/${LOADER}`, libraries, `${kernel}/usr/bin/linux.uml`, folder],
    ...[`mem=${memory}M`, `initrd=${initramfs}`, `uml_dir=${folder}/uml/`],
    ...disks.map((disk, at) => `ubd${"abc"[at]}=${filesOf(disk, at, folder)}`),
    ...["con=null", "con0=null,fd:1", "ssl=null", "ssl1=null,fd:3"],
    ...["quiet", "panic=-1"],
  ], seconds);
  if (code === NO_MOUNT || (code === NO_NAMESPACE && errors[0]?.startsWith("unshare: "))) {
    throw new Unable(`Cannot run a kernel as a process: ${errors[0]}`);
  }
  await removeChanges(disks, folder);
  await Deno.remove(`${folder}/uml`, { recursive: true }).catch(() => {});
  const said = await Deno.readTextFile(`${folder}/console.txt`).catch(() => "");
  if (said.includes(TOO_MANY_MAPPINGS)) {
    throw new Unable(
      "Cannot run a kernel as a process to its end: each of its pages can be a mapping of this kernel's; " +
        "sysctl vm.max_map_count=1000000 allows as many",
    );
  }
}

/** What is written to a disk that is thrown away goes to a file of its own. */
function filesOf({ path, isThrownAway }: Disk, at: number, folder: string): string {
  return isThrownAway ? `${changesOf(at, folder)},${path}` : path;
}

async function removeChanges(disks: readonly Disk[], folder: string): Promise<void> {
  for (const at of disks.keys()) await Deno.remove(changesOf(at, folder)).catch(() => {});
}

function changesOf(at: number, folder: string): string {
  return `${folder}/changes-${at}`;
}

/** Where the C library lies: Debian moved it with trixie. */
async function libraryFolder(kernel: string): Promise<string> {
  for (const folder of ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]) {
    if (await exists(`${kernel}/${folder}/${LOADER}`)) return `${kernel}/${folder}`;
  }
  throw new Unable(`Cannot run a kernel as a process: ${kernel} has no C library`);
}
