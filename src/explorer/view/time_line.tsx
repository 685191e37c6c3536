/**
 * The time line: map_count over the steps, what happened in each as marks below, and where one stands.
 *
 * @module
 */
/// <reference lib="dom" />

import type { HTMLAttributes, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { Mark } from "../model/step_index.ts";
import type { Run } from "../model/run.ts";
import type { Store } from "../model/store.ts";
import { color, prepareCanvas, useScheme, useWidth } from "./hooks.ts";

const PLOT_HEIGHT = 100;
const LANE = 11;
const LEFT = 78;
const RIGHT = 10;

/** Steps between two numbers on the axis. */
const WHOLE_NUMBERS = [1, 2, 5].flatMap((unit) =>
  [0, 1, 2, 3, 4, 5, 6].map((power) => unit * 10 ** power)
)
  .sort((a, b) => a - b);

/** The lanes of marks, from above. */
const LANES: readonly (readonly [name: string, marks: number, color: string])[] = [
  ["munmap", Mark.MUNMAP, "lane-munmap"],
  ["split", Mark.SPLIT, "lane-split"],
  ["merge", Mark.MERGE, "lane-merge"],
  ["fork, exec", Mark.FORK | Mark.EXEC | Mark.EXIT, "lane-process"],
  ["failed", Mark.FAILURE, "lane-failure"],
  ["diverges", Mark.DIVERGENCE, "bad"],
];

const LANES_HEIGHT = LANES.length * LANE;

/** The time line. */
export function TimeLine({ store, run }: { store: Store; run: Run }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const plotBox = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLCanvasElement>(null);
  const scheme = useScheme();
  const { step, pid } = store;
  const { index } = run;
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    if (plotBox.current === null || width === 0) return;
    const made = new uPlot(options(width, run.steps.length), dataOf(run, pid), plotBox.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, run, scheme]);
  useEffect(() => plot.current?.setData(dataOf(run, pid)), [index.done, pid, run]);
  useEffect(() => {
    if (lanes.current === null || width === 0) return;
    drawLanes(prepareCanvas(lanes.current, width, LANES_HEIGHT), run, width, pid);
  }, [index.done, index.story.surfaced, pid, width, run, scheme]);
  const inner = Math.max(1, width - LEFT - RIGHT);
  const left = LEFT + inner * (step - 0.5) / run.steps.length;
  const scrub = useScrub((x) => {
    const wanted = Math.ceil((x - LEFT) / inner * run.steps.length);
    store.play(false);
    store.seek(Math.min(Math.max(wanted, 1), store.lastStep));
  });
  const count = index.mapCounts[step - 1] ?? 0;
  return (
    <div
      ref={box}
      class="timeline"
      tabIndex={0}
      role="slider"
      aria-label="Step"
      aria-busy={!index.isComplete}
      aria-valuemin={1}
      aria-valuemax={run.steps.length}
      aria-valuenow={step}
      aria-valuetext={`step ${step} of ${run.steps.length}, ${count} VMAs: ${run.line(step)}`}
      {...scrub}
    >
      <div ref={plotBox} class="plot" style={{ height: `${PLOT_HEIGHT}px` }} />
      <canvas ref={lanes} style={{ width: `${width}px`, height: `${LANES_HEIGHT}px` }} />
      <StoryMarks run={run} left={(at) => LEFT + inner * (at - 0.5) / run.steps.length} />
      <div class="playhead" style={{ transform: `translateX(${left}px)` }}>
        <b class={left > width - 90 ? "leftwards" : ""}>{step}</b>
      </div>
    </div>
  );
}

/** Where a fault acted and surfaced. */
function StoryMarks({ run, left }: { run: Run; left: (step: number) => number }): JSX.Element {
  const { acted, surfaced } = run.index.story;
  const marks: readonly (readonly [number | undefined, string])[] = run.fault === undefined
    ? []
    : [[acted, "the fault acts"], [surfaced?.step, "it surfaces"]];
  const last = run.steps.length * 0.8;
  return (
    <>
      {marks.map(([step, text]) =>
        step !== undefined && (
          <div key={text} class="story-mark" style={{ transform: `translateX(${left(step)}px)` }}>
            <span class={step > last ? "leftwards" : ""}>{text}</span>
          </div>
        )
      )}
    </>
  );
}

/** Calls `seek` with the pointer's place while it is pressed, once a frame. */
function useScrub(seek: (x: number) => void): HTMLAttributes<HTMLDivElement> {
  const pressed = useRef(false);
  const wanted = useRef<number | undefined>(undefined);
  const later = (x: number) => {
    if (wanted.current === undefined) {
      requestAnimationFrame(() => {
        const place = wanted.current;
        wanted.current = undefined;
        if (place !== undefined) seek(place);
      });
    }
    wanted.current = x;
  };
  const xOf = (event: { clientX: number; currentTarget: Element }) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  return {
    onPointerDown: (event) => {
      pressed.current = true;
      event.currentTarget.setPointerCapture(event.pointerId);
      later(xOf(event));
    },
    onPointerMove: (event) => {
      if (pressed.current) later(xOf(event));
    },
    onPointerUp: () => void (pressed.current = false),
    onPointerCancel: () => void (pressed.current = false),
  };
}

/**
 * map_count by step: of all processes, and again of the one that was chosen. A step reaches half a step to either
 * side of its number, so there is one place more than there are steps.
 */
function dataOf({ steps, index }: Run, pid: number | undefined): uPlot.AlignedData {
  const all = new Array<number | null>(steps.length + 1);
  const chosen = new Array<number | null>(steps.length + 1);
  const numbers = new Array<number>(steps.length + 1);
  for (let place = 0; place <= steps.length; place++) {
    const at = Math.min(place, steps.length - 1);
    numbers[place] = place + 0.5;
    const count = at < index.done ? index.mapCounts[at]! : null;
    all[place] = count;
    chosen[place] = pid !== undefined && index.pids[at] === pid ? count : null;
  }
  return [numbers, all, chosen];
}

function options(width: number, steps: number): uPlot.Options {
  const axis = { stroke: color("dim"), font: "11px system-ui, sans-serif" };
  const stepped = uPlot.paths.stepped!({ align: 1 });
  return {
    width,
    height: PLOT_HEIGHT,
    padding: [6, RIGHT, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: [0.5, steps + 0.5] },
      y: {
        range: (
          _,
          low,
          high,
        ) => [Math.max(0, Math.floor((low ?? 0) * 0.9)), (high ?? 1) * 1.05 + 1],
      },
    },
    axes: [
      {
        ...axis,
        size: 22,
        incrs: WHOLE_NUMBERS,
        gap: 2,
        grid: { show: false },
        ticks: { stroke: color("line"), size: 4 },
      },
      {
        ...axis,
        size: LEFT,
        gap: 6,
        grid: { stroke: color("grid"), width: 1 },
        ticks: { show: false },
        splits: (_, __, low, high) => niceSplits(low, high),
        values: (_, values) => values.map((value) => value.toLocaleString("en")),
      },
    ],
    series: [
      {},
      {
        stroke: color("count"),
        fill: color("count-fill"),
        width: 1.25,
        paths: stepped,
        points: { show: false },
      },
      {
        stroke: color("accent"),
        width: 2,
        spanGaps: true,
        paths: stepped,
        points: { show: false },
      },
    ],
  };
}

/** Two to four whole numbers between two. */
function niceSplits(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  const splits: number[] = [];
  for (let value = Math.ceil(low / unit) * unit; value <= high; value += unit) splits.push(value);
  return splits;
}

function drawLanes(
  context: CanvasRenderingContext2D,
  { steps, index }: Run,
  width: number,
  pid: number | undefined,
): void {
  context.clearRect(0, 0, width, LANES_HEIGHT);
  const inner = Math.max(1, width - LEFT - RIGHT);
  const tick = Math.min(Math.max(inner / steps.length - 0.5, 1), 5);
  context.font = "10.5px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [lane, [name, marks, paint]] of LANES.entries()) {
    const top = lane * LANE;
    context.fillStyle = color("dim");
    context.fillText(name, LEFT - 8, top + LANE / 2);
    context.fillStyle = color("grid");
    context.fillRect(LEFT, top + LANE - 1, inner, 1);
    context.fillStyle = color(paint);
    for (let at = 0; at < index.done; at++) {
      if (!(index.marks[at]! & marks)) continue;
      context.globalAlpha = pid === undefined || index.pids[at] === pid ? 1 : 0.2;
      context.fillRect(LEFT + inner * at / steps.length, top + 1, tick, LANE - 3);
    }
    context.globalAlpha = 1;
  }
}
