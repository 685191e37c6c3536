/**
 * A line of progress on standard error, drawn only if that is a terminal.
 *
 * @module
 */

const ENCODER = new TextEncoder();
const CLEAR_LINE = "\r\x1b[K";

/** Draws how far a command is, at most ten times a second, always on the same line. */
export class Progress {
  readonly #enabled: boolean = Deno.stderr.isTerminal();
  #lastDrawnMs = -Infinity;
  #drawn = false;

  /**
   * Shows a text in place of the one before. Cheap enough to call at every step: `text` is only made
   * when it will be drawn.
   */
  show(text: () => string): void {
    if (!this.#enabled) return;
    const nowMs = performance.now();
    if (nowMs - this.#lastDrawnMs < 100) return;
    this.#lastDrawnMs = nowMs;
    this.#drawn = true;
    Deno.stderr.writeSync(ENCODER.encode(CLEAR_LINE + text()));
  }

  /** Takes the line away, so that what is printed next stands alone. */
  clear(): void {
    if (this.#drawn) Deno.stderr.writeSync(ENCODER.encode(CLEAR_LINE));
    this.#drawn = false;
  }
}
