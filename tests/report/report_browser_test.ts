import { needing } from "../needing.ts";
import { assertEquals } from "@std/assert";
import { report } from "../../src/report/report.ts";
import { ROOT } from "../../src/command/paths.ts";
import { benchLine, LAPTOP } from "../compare/samples.ts";

const isMissing = !await Deno.stat("/usr/bin/chromium").then(() => true, () => false);
if (isMissing) {
  console.log("The report is not tried in a browser: Debian's chromium is not installed");
}

/** Runs the check on a page; what it complained about, and its exit status. */
async function check(html: string): Promise<{ code: number; said: string }> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(file, html);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=browser", `${ROOT}tests/report/browser_check.ts`, file],
      cwd: ROOT,
      stderr: "inherit",
    }).output();
    return { code, said: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test({
  ...needing(
    "report: in Chromium, wide and narrow, light and dark, it loads whole and draws every chart",
    isMissing && "there is no Chromium",
  ),
  async fn() {
    const runs = Array.from({ length: 12 }, (_, number) => benchLine(LAPTOP, number + 1));
    assertEquals(await check(report(runs)), { code: 0, said: "" });
  },
});

Deno.test({
  ...needing(
    "report: the check in Chromium finds a chart that is not drawn",
    isMissing && "there is no Chromium",
  ),
  async fn() {
    const html = report([benchLine(LAPTOP, 1)]).replace('id="bytes"', 'id="other"');
    const { code, said } = await check(html);
    assertEquals(code, 1);
    assertEquals(said.split("\n")[0], "wide, light: the chart other is empty");
  },
});
