/**
 * Recorded programs: the trace format and its reader.
 *
 * @module
 */

export { readTrace, type TraceSource } from "./read.ts";
export { TraceError, type TraceErrorCode } from "./trace_error.ts";
export {
  type CallRange,
  type EndRecord,
  type EnterRecord,
  type ExecRecord,
  type ExitRecord,
  type FaultRecord,
  type FileKind,
  type ForkRecord,
  type GrowRecord,
  type HeaderRecord,
  type LeaveRecord,
  type MapLine,
  type OpenFile,
  type PlacementPolicy as TracePlacement,
  type ResourceLimits as TraceLimits,
  TRACE_VERSION,
  type TraceRecord,
} from "./format.ts";
