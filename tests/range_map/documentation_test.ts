/** The four classes' documentation tells of every method its complexity and an example, which `test-docs` runs. */

import { assertEquals } from "@std/assert";
import ts from "typescript";

const FOLDER = new URL("../../src/range_map/", import.meta.url);
const FILES = ["range_map", "range_set", "bigint_range_map", "bigint_range_set"];

for (const name of FILES) {
  Deno.test(`documentation: every method of ${name}.ts has its complexity and an example`, async () => {
    const text = await Deno.readTextFile(new URL(`${name}.ts`, FOLDER));
    const file = ts.createSourceFile(`${name}.ts`, text, ts.ScriptTarget.ESNext, true);
    const [declared] = file.statements.filter(ts.isClassDeclaration);
    const members = declared!.members.filter((member) =>
      ts.isConstructorDeclaration(member) || ts.isMethodDeclaration(member) ||
      ts.isAccessor(member)
    ).filter(({ name }) => name === undefined || !ts.isPrivateIdentifier(name));
    assertEquals(members.length > 25, true);
    const poor = members.filter((member) => {
      const [comment] = ts.getJSDocCommentsAndTags(member);
      const doc = comment?.getText() ?? "";
      return !/O\([^)]+/.test(doc) || !/@example[^]*```ts[^]*assert[^]*```/.test(doc);
    });
    assertEquals(poor.map(({ name }) => name?.getText() ?? "constructor"), []);
  });
}
