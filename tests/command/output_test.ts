import { assertEquals } from "@std/assert";
import { oneLine, printable, printJson, quoted } from "../../src/command/output.ts";

Deno.test("printable: what a terminal obeys is shown as an escape, lines and tabs stay", () => {
  assertEquals(printable("a\tb\nü 頁"), "a\tb\nü 頁");
  assertEquals(
    printable("\x1b[31m\r\x00\x07\x7f\x9b"),
    "\\u001b[31m\\u000d\\u0000\\u0007\\u007f\\u009b",
  );
  assertEquals(printable("abc\u202etxt.exe\u2066\u2028"), "abc\\u202etxt.exe\\u2066\\u2028");
});

Deno.test("printable: JSON that holds such characters still says the same", () => {
  const value = { name: "\x9b\u202e\x7f" };
  assertEquals(JSON.parse(printable(JSON.stringify(value))), value);
});

Deno.test("oneLine: a name cannot begin a line of its own", () => {
  assertEquals(oneLine("a\nb\tc"), "a\\u000ab\\u0009c");
});

Deno.test("quoted: in quotes, in one line, at most eighty characters of it", () => {
  assertEquals(quoted("a\n"), '"a\\n"');
  assertEquals(quoted("a".repeat(80)), `"${"a".repeat(80)}"`);
  assertEquals(quoted("a".repeat(81)), `"${"a".repeat(79)}…"`);
});

Deno.test("printJson: indented by two", () => {
  const { log } = console;
  const printed: unknown[] = [];
  console.log = (text: unknown) => printed.push(text);
  try {
    printJson({ a: 1 });
  } finally {
    console.log = log;
  }
  assertEquals(printed, ['{\n  "a": 1\n}']);
});
