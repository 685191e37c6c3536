/**
 * The package in Debian's Chromium: modules by their plain addresses in a page and a worker, shared memory between
 * them.
 *
 * @module
 */

import type { ProjectFolder } from "./project_folder.ts";

/** Where Debian has it. */
export const CHROMIUM = "/usr/bin/chromium";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
};

/** What `page.html` says. */
export interface PageAnswers {
  /** The answers of `every_part.mjs`. */
  readonly parts: Record<string, unknown>;
  /** Whether the page may share memory. */
  readonly isolated: boolean;
  /** What the worker saw. */
  readonly worker: unknown;
}

/**
 * Opens `page.html` of the project.
 *
 * @throws {Error} what went wrong in the page
 */
export async function answersInChromium(project: ProjectFolder): Promise<PageAnswers> {
  const server = serve(project);
  // Playwright asks as it is loaded whether this is Windows, by a file that Deno shows only to those allowed
  // everything.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    page.on("pageerror", (error) => failed.reject(error));
    await page.goto(`http://127.0.0.1:${server.addr.port}/page.html`);
    const isDone = "globalThis.answers !== undefined";
    await Promise.race([
      page.waitForFunction(isDone, undefined, { timeout: 60_000 }),
      failed.promise,
    ]);
    return JSON.parse(await page.evaluate("JSON.stringify(globalThis.answers)"));
  } finally {
    await browser.close();
    await server.shutdown();
  }
}

/** Serves the project's folder on this machine, isolated so that pages have shared memory. */
function serve(project: ProjectFolder): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    try {
      const file = await Deno.readFile(project.path + decodeURIComponent(pathname));
      return new Response(file, {
        headers: {
          "content-type": TYPES[pathname.split(".").at(-1) ?? ""] ?? "application/octet-stream",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        },
      });
    } catch {
      return new Response("", { status: 404 });
    }
  });
}
