/**
 * A page of the explorer in Debian's Chromium, for tests.
 *
 * @module
 */

import { ROOT, urlOf } from "../../src/command/paths.ts";
import type { BrowserContext, Page } from "playwright-core";

/** Where Debian puts it. */
const CHROMIUM = "/usr/bin/chromium";

/** Chromium is not installed here. */
export const isMissing = !await Deno.stat(CHROMIUM).then(() => true, () => false);
if (isMissing) {
  console.log("The explorer is not tried in a browser: Debian's chromium is not installed");
}

/** How the page is shown. */
export interface Showing {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** A browser that shows the page. */
export class Browser {
  /** What went wrong in its pages: errors, and requests for more than files. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #folder: string;

  private constructor(context: BrowserContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
  }

  /** Starts one with a user folder of its own and nothing that calls out. */
  static async start({ width = 1440, height = 900, scheme = "light" }: Showing = {}): Promise<
    Browser
  > {
    // Playwright asks as it is loaded whether this is Windows, by a file that Deno lets nobody see who is not allowed
    // everything; a module that it asks this of leaves it be where this variable is set.
    Deno.env.set("__IS_WSL_TEST__", "1");
    const { chromium } = await import("playwright-core");
    const folder = await Deno.makeTempDir({ prefix: "maple-chromium-" });
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
      viewport: { width, height },
      colorScheme: scheme,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    return new Browser(context, folder);
  }

  /** Opens a file at a place, and waits for its list. */
  async open(file: string, fragment = ""): Promise<Page> {
    const page = await this.#context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) {
        this.complaints.push(`requests ${request.url()}`);
      }
    });
    await page.goto(`${urlOf(file)}${fragment}`);
    await page.waitForSelector(".row");
    return page;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Runs the command and gives the file it wrote; the folder is the caller's to remove. */
export async function explore(folder: string, files: readonly string[]): Promise<string> {
  const file = `${folder}/page.html`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "-P=explore",
      "src/explorer/main.ts",
      ...files,
      "--out",
      file,
    ],
    cwd: ROOT,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return file;
}
