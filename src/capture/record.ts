/**
 * Records a command as a stream of trace records.
 *
 * @module
 */
import { withoutDirectories } from "../trace/base_names.ts";
import type { HeaderRecord, PlacementPolicy, TraceRecord } from "../trace/format.ts";
import { TRACE_VERSION } from "../trace/format.ts";
import { launch, RecordError } from "./launch.ts";
import { Libc } from "./libc.ts";
import { hasIpcLock, hasRawIo, parseMemoryBytes } from "./proc.ts";
import { Tracer, UntoldCallError } from "./ptrace.ts";
import { Recorder } from "./recorder.ts";
import { askTaskSize } from "./task_size.ts";

export { RecordError } from "./launch.ts";

/** How {@linkcode record} records. */
export interface RecordOptions {
  /** Lay the program out as an older kernel would have. */
  readonly placement?: "5.19";
  /** Why the trace is made, one sentence. */
  readonly purpose?: string;
  /** The kernel's rules as a probe found them; the kernel's version decides unless given. */
  readonly rules?: Readonly<Record<string, string | boolean>>;
  /** Lowest address to which hints go, as a probe found it, bytes. */
  readonly hintMinAddress?: number;
  /** Release of the compiler, or whatever the workload depends on. */
  readonly compiler?: string;
  /** Ends the recording: the trace then ends with `interrupted`, the command gets a SIGINT and runs on. */
  readonly signal?: AbortSignal;
}

/** How long threads are held for a call that does not end, ms. */
const HOLD_MS = 25;

/**
 * Runs a command under ptrace and yields the records of its trace, header to end record, as they come
 * about. The command has this process's descriptors 0 to 2, environment and directory; signals reach
 * it unchanged. Its exit status is in the `exit` record of the process that the first `exec` record
 * names. Leaving the loop early has the effect of `signal`.
 *
 * Linux on x86-64 or arm64, and the permission to trace; Deno's permission: `--allow-ffi`. Nothing else
 * in this process may wait for child processes meanwhile.
 *
 * @param command the program and its arguments
 * @throws {RecordError} ENOSYS not such a system, or a kernel that does not tell of calls · ENOENT no such command ·
 * EPERM no permission · ENOEXEC the program cannot be started, or runs 32-bit code. What `signal` was aborted with, if
 * that was before the first record.
 */
export async function* record(
  command: readonly string[],
  options: RecordOptions = {},
): AsyncGenerator<TraceRecord, void> {
  const program = command[0] ?? "";
  options.signal?.throwIfAborted(); // before anything runs
  checkSystem(program);
  const libc = new Libc();
  const tracer = new Tracer(libc);
  const root = launch(libc, tracer, command);
  const { machine } = libc.uname();
  const stopTicks = tracer.start();
  const recorder = new Recorder(libc, tracer, {
    olderPlacement: options.placement === "5.19",
    machine,
    program,
    root,
  });
  const wake = () => recorder.processes().forEach((pid) => tracer.interrupt(pid));
  options.signal?.addEventListener("abort", wake);
  try {
    let started = false;
    while (!options.signal?.aborted) {
      const stop = await tracer.next(recorder.holds ? HOLD_MS : undefined, options.signal);
      if (stop === undefined) break;
      if (stop === "late") recorder.giveUpHolding();
      else recorder.handle(stop);
      const records = recorder.take();
      if (!started && records.length > 0) {
        started = true;
        yield header(libc, command, options);
      }
      for (const each of records) yield each;
    }
    if (!started) {
      options.signal?.throwIfAborted();
      throw new RecordError("ENOEXEC", program, `it did not start (status ${recorder.rootStatus})`);
    }
    yield { type: "end", reason: options.signal?.aborted ? "interrupted" : "finished" };
  } catch (error) {
    if (!(error instanceof UntoldCallError)) throw error;
    throw new RecordError("ENOSYS", program, error.message);
  } finally {
    options.signal?.removeEventListener("abort", wake);
    recorder.letGo();
    stopTicks();
  }
}

function checkSystem(program: string): void {
  const { os, arch } = Deno.build;
  if (os !== "linux") {
    throw new RecordError("ENOSYS", program, `tracing needs Linux, this is ${os}`);
  }
  if (arch !== "x86_64" && arch !== "aarch64") {
    throw new RecordError("ENOSYS", program, `tracing needs x86-64 or arm64, this is ${arch}`);
  }
}

function header(libc: Libc, command: readonly string[], options: RecordOptions): HeaderRecord {
  const { release, machine } = libc.uname();
  const setting = (name: string) => Number(libc.readText(`/proc/sys/vm/${name}`) ?? 0);
  const { placement, rules } = options;
  const imposed = placement === "5.19" ? { alignAnonymous: "never" } : {};
  const taskSize = askTaskSize(libc);
  return {
    type: "header",
    format: "maple-trace",
    version: TRACE_VERSION,
    command: command.map(withoutDirectories),
    purpose: options.purpose ?? "",
    compiler: options.compiler ?? "",
    kernel: release,
    machine,
    placement: placement ?? placementOf(release, rules?.alignAnonymous),
    ...(rules && { rules: { ...rules, ...imposed } }),
    ...hugePages(libc),
    rawIo: hasRawIo(libc.readText("/proc/self/status") ?? ""),
    pageSize: 4096,
    maxMapCount: setting("max_map_count"),
    mmapMinAddress: setting("mmap_min_addr"),
    ...(options.hintMinAddress !== undefined && { hintMinAddress: options.hintMinAddress }),
    ...(taskSize !== undefined && { taskSize }),
    ...processor(libc),
    overcommitMemory: setting("overcommit_memory"),
    memoryBytes: parseMemoryBytes(libc.readText("/proc/meminfo") ?? ""),
    ipcLock: hasIpcLock(libc.readText("/proc/self/status") ?? ""),
    fidelity: "exact",
  };
}

/** What the kernel says of the processor, as far as it decides about addresses; only x86-64 tells. */
function processor(libc: Libc): Pick<HeaderRecord, "pageTableLevels" | "protectionKeys"> {
  const flags = /^flags\t*: (.*)$/m.exec(libc.readText("/proc/cpuinfo") ?? "")?.[1]?.split(" ");
  if (flags === undefined) return {};
  return {
    pageTableLevels: flags.includes("la57") ? 5 : 4,
    protectionKeys: flags.includes("ospke"),
  };
}

/** Where the machine uses transparent huge pages, if it says so. */
function hugePages(libc: Libc): Pick<HeaderRecord, "hugePages"> {
  const text = libc.readText("/sys/kernel/mm/transparent_hugepage/enabled") ?? "";
  const setting = (["never", "madvise", "always"] as const).find((each) =>
    text.includes(`[${each}]`)
  );
  return setting === undefined ? {} : { hugePages: setting };
}

/**
 * The placement that a probe found, else that of the kernel's release. Linux 6.7 began to align anonymous mappings of
 * 2 MiB and more,
 * 6.12 limited that to whole multiples of 2 MiB.
 */
function placementOf(release: string, found: string | boolean | undefined): PlacementPolicy {
  if (found === "never") return "5.19";
  if (found === "large") return "6.7";
  if (found === "multiples") return "6.18";
  const [major = 0, minor = 0] = release.split(".").map((part) => parseInt(part));
  const version = major * 1000 + minor;
  if (version < 6007) return "5.19";
  return version < 6012 ? "6.7" : "6.18";
}
