/**
 * Many recorded programs side by side in one machine whose memory is finite.
 *
 * @module
 */

export type { EventKind, LoadEvent } from "./event.ts";
export { type AddressRange, type Life, type LifeStep, type Program, programOf } from "./lives.ts";
export type { LoadOptions } from "./load.ts";
export {
  type DrawOptions,
  type Found,
  type LoadReport,
  LoadRun,
  type LoadStatus,
  replayEvents,
  runLoad,
  type RunOptions,
} from "./run.ts";
