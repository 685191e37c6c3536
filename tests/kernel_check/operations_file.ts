/**
 * A list of operations from a file, in the form in which reports print them.
 *
 * @module
 */

import { Unable } from "../../src/command/command.ts";
import { parseOperation } from "../golden.ts";
import { operandsOf, type Operation, operation, verbOf } from "../../src/kernel/operation.ts";
import type { Case } from "./streams/case.ts";
import type { ReferenceOptions } from "./answer.ts";

/**
 * The operations of a file as a case.
 *
 * @throws {Unable} the file cannot be read, or a line is no operation
 */
export async function operationsCase(file: string, options: ReferenceOptions): Promise<Case> {
  const text = await Deno.readTextFile(file).catch((error) => {
    throw new Unable(`Cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  });
  const operations = text.split("\n").flatMap((line, i) => {
    const content = line.replace(/#.*/, "").trim();
    return content === "" ? [] : [parseLine(content, `${file}:${i + 1}`)];
  });
  return { group: "operations", name: file, options, operations: () => operations };
}

function parseLine(line: string, where: string): Operation {
  try {
    const { verb: name, operands } = parseOperation(line);
    const verb = verbOf(name);
    if (verb !== undefined && operands.length === operandsOf(verb).length) {
      const [a = 0, b = 0, c = 0, d = 0] = operands;
      return operation(verb, a, b, c, d);
    }
  } catch {
    // Said below.
  }
  throw new Unable(`Cannot read ${where}: ${JSON.stringify(line)} is no operation`);
}
