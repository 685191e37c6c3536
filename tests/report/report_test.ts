import { assert, assertEquals, assertMatch } from "@std/assert";
import { report } from "../../src/report/report.ts";
import { benchLine, LAPTOP } from "../compare/samples.ts";

const RUNS = [1, 2, 3].map((number) => benchLine(LAPTOP, number));

Deno.test("report: needs nothing from outside", () => {
  const html = report(RUNS);
  const outside = [...html.matchAll(/(?:src|href)\s*=\s*["']?([^"'\s>]+)/g)].map(([, url]) => url!);
  assertEquals(outside.filter((url) => !url.startsWith("data:")), []);
  assert(!/@import|url\(\s*["']?https?:/.test(html));
});

Deno.test("report: a table with every run for each chart of a workload", () => {
  const html = report(RUNS);
  const figures = html.split("<figure").slice(1);
  assert(figures.length >= 4 + 4 + 4 + 2);
  for (const figure of figures) assertMatch(figure, /<thead>.*<th scope="col">.*<tbody><tr>/s);
  const rows = figures[0]!.match(/<th scope="row">/g);
  assertEquals(rows?.length, RUNS.length);
});

Deno.test("report: what a commit is called cannot become markup", () => {
  const html = report(RUNS);
  assert(html.includes("Change &lt;number&gt; 3 &amp; more"));
  assert(!html.includes("<number>"));
});

Deno.test("report: the data of the charts is JSON that ends no script", () => {
  const html = report(RUNS);
  const [, text] = /id="charts">(.*?)<\/script>/s.exec(html)!;
  const charts: { id: string; x: { values: number[] }; series: { values: unknown[] }[] }[] = JSON
    .parse(
      text!,
    );
  assertEquals(new Set(charts.map(({ id }) => id)).size, charts.length);
  for (const { x, series } of charts) {
    for (const { values } of series) assertEquals(values.length, x.values.length);
  }
});

Deno.test("report: the head says which commit is the newest, how many runs, and whether it was changed", () => {
  const clean = report(RUNS);
  assertMatch(
    clean,
    /Newest commit: <code>0003000000<\/code> [^<]*,\s+2026-01-04, against <code>a{10}<\/code>/,
  );
  assertMatch(clean, /3 runs on laptop/);
  assert(!clean.includes("uncommitted"));
  const changed = report([{ ...RUNS[0]!, isDirty: true }]);
  assertMatch(changed, /more, with uncommitted changes,/);
  assertMatch(changed, /1 run on laptop/);
  const count = (verdict: string) =>
    RUNS.at(-1)!.workloads.filter((it) => it.verdict === verdict).length;
  assertMatch(clean, new RegExp(`<li class="faster"><b>${count("faster")}</b> faster</li>`));
  assertMatch(
    clean,
    new RegExp(`<li class="no-evidence"><b>${count("no evidence")}</b> no evidence</li>`),
  );
});
