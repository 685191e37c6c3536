import { assertEquals } from "@std/assert";
import { withoutDirectories } from "../../src/trace/base_names.ts";

const WORDS: readonly (readonly [word: string, told: string])[] = [
  ["cc1", "cc1"],
  ["/usr/lib/gcc/cc1", "cc1"],
  ["src/secret/hello.c", "hello.c"],
  ["./hello.c", "hello.c"],
  ["../project/", "project"],
  ["-I/usr/include", "-Iinclude"],
  ["-Isecret/include", "-Iinclude"],
  ["-o", "-o"],
  ["--sysroot=/home/me/root", "--sysroot=root"],
  ["/home/me/a:/home/me/b", "a:b"],
  ["/home/my name/x.c", "x.c"],
  ["my folder/x.c", "x.c"],
  ["-fdebug-prefix-map=/home/me=/src/x", "-fdebug-prefix-map=me=x"],
  ["https://example.org/secret/x", "https:x"],
  ["-O2", "-O2"],
  ["", ""],
  ["/", ""],
];

for (const [word, told] of WORDS) {
  Deno.test(`withoutDirectories: ${JSON.stringify(word)} is told as ${JSON.stringify(told)}`, () => {
    assertEquals(withoutDirectories(word), told);
  });
}
