/**
 * The program that the recorder tests record: it makes the memory calls that ordinary programs seldom make,
 * with lengths by which the test knows them again. Run with `--allow-ffi`.
 */
const { symbols: libc } = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "usize" },
  munmap: { parameters: ["usize", "usize"], result: "i32" },
  mremap: { parameters: ["usize", "usize", "usize", "i32"], result: "usize" },
  memset: { parameters: ["usize", "i32", "usize"], result: "usize" },
  prctl: { parameters: ["i32", "u64", "usize", "u64", "buffer"], result: "i32" },
  shmget: { parameters: ["i32", "usize", "i32"], result: "i32" },
  shmat: { parameters: ["i32", "usize", "i32"], result: "usize" },
  shmdt: { parameters: ["usize"], result: "i32" },
  shmctl: { parameters: ["i32", "i32", "usize"], result: "i32" },
});

const PAGE = 4096n;
const READ = 1, READ_WRITE = 3;
const PRIVATE = 0x02, ANONYMOUS = 0x22, POPULATE = 0x8000;
const NORESERVE = 0x4000, FIXED = 0x10;
const text = (value: string) => new TextEncoder().encode(value + "\0");

function anonymous(pages: bigint, flags = 0, address = 0n): bigint {
  return libc.mmap(address, pages * PAGE, READ_WRITE, ANONYMOUS | flags, -1, 0n);
}

// One file by four descriptors: opened, opened again, duplicated, and opened under the first's number.
const path = text("/proc/self/exe");
const map = (descriptor: number) => libc.mmap(0n, 3n * PAGE, READ, PRIVATE, descriptor, 0n);
const first = libc.open(path, 0), second = libc.open(path, 0), duplicate = libc.dup(first);
map(first);
map(second);
map(duplicate);
libc.close(first);
map(libc.open(path, 0));

// Written to by the call itself, and between two calls. Each lies amid memory that may not be touched, so that it
// merges with nothing that has been written to.
const room = libc.mmap(0n, 83n * PAGE, 0, ANONYMOUS | NORESERVE, -1, 0n);
anonymous(37n, POPULATE | NORESERVE | FIXED, room + PAGE);
const written = anonymous(41n, NORESERVE | FIXED, room + 40n * PAGE);
libc.memset(written, 1, 1n);

// A written mapping that moves, then loses its middle.
const moved = libc.mremap(written, 41n * PAGE, 43n * PAGE, 1);
libc.munmap(moved + 20n * PAGE, 2n * PAGE);

// A name; kernels without CONFIG_ANON_VMA_NAME refuse it.
libc.prctl(0x53564d41, 0n, moved, PAGE, text("arena"));

// One segment attached twice.
const segment = libc.shmget(0, 5n * PAGE, 0o1600);
libc.shmat(segment, 0n, 0);
libc.shmat(segment, 0n, 0o10000);
libc.shmctl(segment, 0, 0n);
