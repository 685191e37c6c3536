/**
 * Decompressing at the pace at which it is read, and letting go of the input whatever ends it.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { gunzip } from "../../src/trace/gunzip.ts";
import { Random } from "../random.ts";
import { streamOf } from "./samples.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A mebibyte that no compressor makes shorter, and what gzip makes of it. */
const random = new Random(7);
const NOISE: Bytes = Uint8Array.from({ length: 1 << 20 }, () => random.below(256));
const GZIPPED: Bytes = new Uint8Array(
  await new Response(streamOf(NOISE).pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
);

/** Bytes in pieces of 64 KiB, and whether they were let go of. */
function input(bytes: Bytes) {
  const state = { given: 0, isLetGo: false };
  async function* pieces(): AsyncGenerator<Bytes, void> {
    try {
      for await (const piece of streamOf(bytes, 1 << 16)) {
        state.given++;
        yield piece;
      }
    } finally {
      state.isLetGo = true;
    }
  }
  return { state, pieces: pieces() };
}

/** Waits until something holds, a second at most. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await new Promise((done) => setTimeout(done, 10));
  assert(holds());
}

Deno.test("gunzip: more than its buffers hold comes through whole", async () => {
  const { pieces } = input(GZIPPED);
  const read = await new Blob(await Array.fromAsync(gunzip(pieces), (piece) => piece.slice()))
    .arrayBuffer();
  assertEquals(new Uint8Array(read), NOISE);
});

Deno.test("gunzip: who stops early lets go of the input, which was not read to its end", async () => {
  const { state, pieces } = input(GZIPPED);
  for await (const _ of gunzip(pieces)) break;
  await until(() => state.isLetGo);
  assert(state.given < 16);
});

Deno.test("gunzip: damage is an error, after which the input is let go of", async () => {
  const damaged = GZIPPED.slice();
  damaged.fill(0xff, 10, 100);
  const { state, pieces } = input(damaged);
  await assertRejects(() => Array.fromAsync(gunzip(pieces)), Error);
  await until(() => state.isLetGo);
  assert(state.given < 16);
});

Deno.test("gunzip: what the input throws is thrown as an error, whatever it is", async () => {
  async function* failing(thrown: unknown): AsyncGenerator<Bytes, void> {
    yield GZIPPED.slice(0, 100);
    throw thrown;
  }
  for (const thrown of [new Error("the disk is gone"), "the disk is gone"]) {
    await assertRejects(() => Array.fromAsync(gunzip(failing(thrown))), Error, "the disk is gone");
  }
});
