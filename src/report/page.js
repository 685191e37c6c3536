// Draws the report's charts with uPlot. Runs in the browser, inlined into the page.
// @ts-check
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * @typedef {import("./charts.ts").Chart} Chart
 * @typedef {{ width: number, height: number, [name: string]: unknown }} Options
 * @typedef {{
 *   ctx: CanvasRenderingContext2D,
 *   bbox: { left: number, top: number, width: number, height: number },
 *   valToPos(value: number, scale: string, canvas: boolean): number,
 *   setSize(size: { width: number, height: number }): void,
 *   destroy(): void,
 * }} Plot
 */

/** @type {new (options: Options, data: unknown, target: HTMLElement) => Plot} */
const Library = Reflect.get(globalThis, /** @type {string} */ ("uPlot"));

const HEIGHT = 250;
const FONT = "12px system-ui, sans-serif";

/** The value of a colour variable, which the colour scheme decides. @param {string} name */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {number} at */
const seriesColor = (at) => color(`--series-${at % 9}`);

/** Nanoseconds with a unit. @param {number} value */
function duration(value) {
  if (value < 1e3) return `${+value.toPrecision(2)} ns`;
  if (value < 1e6) return `${+(value / 1e3).toPrecision(2)} µs`;
  return `${+(value / 1e6).toPrecision(2)} ms`;
}

/** @type {Record<Chart["y"]["unit"], (value: number) => string>} */
const FORMATS = {
  ratio: (value) => value.toFixed(2),
  ns: duration,
  number: (value) => `${+value.toPrecision(3)}`,
};

/**
 * Of the ticks of a logarithmic axis, the powers of ten.
 *
 * @param {Plot} _
 * @param {number[]} ticks
 */
const onlyPowersOfTen = (_, ticks) =>
  ticks.map((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9 ? tick : null);

/** A range that shows every interval and the tolerance, with room around. @param {Chart} chart */
function linearRange({ series, tolerance }) {
  const values = series.flatMap((it) => [...it.values, ...(it.low ?? []), ...(it.high ?? [])]);
  const known = [...values, ...(tolerance ?? [0])].filter((value) => value !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const room = 0.08 * (high - low || 1);
  return [tolerance === undefined ? 0 : low - room, high + room];
}

/** Whole powers of ten around all values. @param {(number | null)[]} values */
function logRange(values) {
  const known = values.filter((value) => value !== null && value > 0).map(Number);
  if (known.length === 0) return [0.1, 10];
  return [
    10 ** Math.floor(Math.log10(Math.min(...known)) - 0.02),
    10 ** Math.ceil(Math.log10(Math.max(...known)) + 0.02),
  ];
}

/** Shades what is not called a change, below the lines. @param {Plot} plot @param {Chart} chart */
function drawTolerance({ ctx, bbox, valToPos }, { tolerance }) {
  if (tolerance === undefined) return;
  const top = valToPos(tolerance[1], "y", true);
  const bottom = valToPos(tolerance[0], "y", true);
  ctx.save();
  ctx.fillStyle = color("--band");
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.restore();
}

/** Draws the intervals as bars. @param {Plot} plot @param {Chart} chart */
function drawIntervals({ ctx, valToPos }, { series, x }) {
  ctx.save();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const [at, { low, high }] of series.entries()) {
    ctx.strokeStyle = seriesColor(at);
    ctx.beginPath();
    for (const [index, value] of x.values.entries()) {
      const from = low?.[index];
      const to = high?.[index];
      if (typeof from !== "number" || typeof to !== "number") continue;
      const left = valToPos(value, "x", true);
      ctx.moveTo(left, valToPos(from, "y", true));
      ctx.lineTo(left, valToPos(to, "y", true));
    }
    ctx.stroke();
  }
  ctx.restore();
}

/** @param {Chart} chart @param {number} width @returns {Options} */
function options(chart, width) {
  const { x, y, series } = chart;
  const axis = { stroke: color("--dim"), font: FONT, labelFont: FONT, labelSize: 18 };
  const grid = { stroke: color("--grid"), width: 1 };
  const last = x.values.length - 1;
  const format = FORMATS[y.unit];
  return {
    width,
    height: HEIGHT,
    padding: [12, 28, 0, 0],
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    legend: {
      live: false,
      // Filled like the points.
      markers: { fill: /** @param {Plot} _ @param {number} at */ (_, at) => seriesColor(at - 1) },
    },
    scales: {
      x: {
        time: false,
        distr: x.isLog ? 3 : 1,
        range: () => x.isLog ? logRange([...x.values]) : [-0.5, last + 0.5],
      },
      y: {
        distr: y.isLog ? 3 : 1,
        range: () =>
          y.isLog ? logRange(series.flatMap((it) => [...it.values])) : linearRange(chart),
      },
    },
    axes: [
      {
        ...axis,
        grid: x.isLog ? grid : { show: false },
        ticks: { stroke: color("--line"), width: 1 },
        filter: x.isLog ? onlyPowersOfTen : undefined,
        label: x.label,
        ...(x.names !== undefined && {
          splits: () => everyNth(x.values, Math.ceil(x.values.length * 75 / width)),
        }),
        /** @param {Plot} _ @param {(number | null)[]} values */
        values: (_, values) =>
          values.map((value) =>
            value === null
              ? ""
              : x.names === undefined
              ? value.toLocaleString("en")
              : x.names[value]
          ),
      },
      {
        ...axis,
        grid,
        ticks: { stroke: color("--line"), width: 1 },
        filter: y.isLog ? onlyPowersOfTen : undefined,
        size: 62,
        label: y.label,
        /** @param {Plot} _ @param {(number | null)[]} values */
        values: (_, values) => values.map((value) => value === null ? "" : format(value)),
      },
    ],
    series: [
      {},
      ...series.map(({ label, isMain }, at) => ({
        label,
        stroke: seriesColor(at),
        width: isMain ? 2.5 : 1.25,
        points: { show: true, size: isMain ? 7 : 5, fill: seriesColor(at) },
        spanGaps: true,
      })),
    ],
    hooks: {
      drawAxes: [/** @param {Plot} plot */ (plot) => drawTolerance(plot, chart)],
      draw: [/** @param {Plot} plot */ (plot) => drawIntervals(plot, chart)],
    },
  };
}

/** @param {readonly number[]} values @param {number} n */
function everyNth(values, n) {
  return values.filter((_, at) => at % Math.max(1, n) === 0);
}

/** Draws a chart, again whenever its width or the colour scheme changes. @param {Chart} chart */
function show(chart) {
  const target = document.getElementById(chart.id);
  if (target === null) return;
  target.classList.toggle("single", chart.series.length === 1);
  /** @type {Plot | undefined} */
  let plot;
  const draw = () => {
    plot?.destroy();
    const data = [chart.x.values, ...chart.series.map(({ values }) => values)];
    plot = new Library(options(chart, target.clientWidth), data, target);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (target.clientWidth === width) return;
    width = target.clientWidth;
    draw();
  }).observe(target);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

for (const chart of JSON.parse(document.getElementById("charts")?.textContent ?? "[]")) show(chart);
