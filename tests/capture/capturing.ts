/** Runs `deno task capture` as a process of its own, and says whether tracing is possible here. */
import { fileURLToPath } from "node:url";
import { numberOf, type SystemCallName } from "../../src/abi/syscalls.ts";
import { Libc } from "../../src/capture/libc.ts";
import { readTrace } from "../../src/trace/read.ts";
import type { TraceRecord } from "../../src/trace/format.ts";

const MAIN = fileURLToPath(new URL("../../src/capture/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** What a recording left behind. */
export interface Captured {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Empty if no trace was written. */
  readonly records: readonly TraceRecord[];
}

/** The command line of the recorder, up to its own options. */
export function captureArguments(...options: string[]): string[] {
  return ["run", "--quiet", "--allow-ffi", "--allow-write", "--config", CONFIG, MAIN, ...options];
}

/** Records a command and reads the trace. */
export async function capture(command: string[], ...options: string[]): Promise<Captured> {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/t.jsonl.gz`;
    const args = captureArguments("--out", out, ...options, "--", ...command);
    const output = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
    const decoder = new TextDecoder();
    const exists = await Deno.stat(out).then(() => true, () => false);
    return {
      status: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
      records: exists ? await Array.fromAsync(readTrace(out)) : [],
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Why this system does not let the recorder trace, or nothing if it does. */
async function obstacle(): Promise<string | undefined> {
  const { status, stderr } = await capture(["true"]);
  const forbidden = /tracing needs|does not permit tracing/.test(stderr);
  return status === 2 && forbidden ? stderr.trim() : undefined;
}

/** Why tracing is impossible here, undefined where it is not: the only ground on which a recorder test is skipped. */
export const impossible: string | undefined = await obstacle();
if (impossible !== undefined) console.warn(`Recorder tests are skipped: ${impossible}`);

/** True if the kernel tells whether two descriptors are one open file, asked about one and itself. */
export function tellsFilesApart(): boolean {
  const KCMP_FILE = 0, F_DUPFD_QUERY = 1027;
  const libc = new Libc();
  const call = (name: SystemCallName, ...args: number[]) =>
    libc.syscall(numberOf(name, Deno.build.arch) ?? -1, ...args);
  const self = libc.pid(), descriptor = libc.open("/dev/null");
  const isTold = call("kcmp", self, self, KCMP_FILE, descriptor, descriptor) === 0 ||
    call("fcntl", descriptor, F_DUPFD_QUERY, descriptor) === 1;
  libc.close(descriptor);
  return isTold;
}
