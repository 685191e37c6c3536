/**
 * The `package.json` of the package.
 *
 * @module
 */

import { entryName, type Project, projectPath } from "./project.ts";

/** Folder of the declarations. */
export const TYPES = "types";

/** Where the declarations of a module of the project are in the package. */
export function typesPath(path: string): string {
  return `${TYPES}/${projectPath(path).replace(/\.ts$/, ".d.ts")}`;
}

/** The manifest's text. */
export function manifest({ name, version, license, exports }: Project): string {
  const entries = [...exports].map(([exported, path]) => [exported, {
    types: `./${typesPath(path)}`,
    default: `./${entryName(exported)}.js`,
  }]);
  const fields = {
    name,
    version,
    description: "An ordered map of integer ranges with gap search, on the Linux maple tree; " +
      "and the kernel's address space to test it with",
    keywords: [
      "range map",
      "interval map",
      "interval tree",
      "range set",
      "maple tree",
      "allocator",
      "gap search",
    ],
    license,
    type: "module",
    sideEffects: false,
    main: "./mod.js",
    types: `./${typesPath(exports.get(".") ?? "")}`,
    exports: { ...Object.fromEntries(entries), "./package.json": "./package.json" },
    engines: { node: ">=20" },
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}
