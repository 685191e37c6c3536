/** A calendar for something of which there are several: seats, cars, machines. */

import { type KeyRange, RangeMap } from "@maple/mm/range-map";

/** How many are booked, at every moment. */
export class Calendar {
  readonly #booked = new RangeMap<number>({ coalesce: true });
  readonly #seats: number;

  constructor(seats: number) {
    this.#seats = seats;
  }

  /** Books one from `start` to `end` if one is free all the time. */
  book(start: Date, end: Date): boolean {
    if (this.mostBooked(start, end) === this.#seats) return false;
    this.#booked.update(+start, +end, (count = 0) => count + 1);
    return true;
  }

  cancel(start: Date, end: Date): void {
    this.#booked.update(+start, +end, (count = 1) => count > 1 ? count - 1 : undefined);
  }

  mostBooked(start: Date, end: Date): number {
    const pieces = [...this.#booked.overlapping(+start, +end)];
    return Math.max(0, ...pieces.map(({ value }) => value));
  }

  /** The first `milliseconds` in a row at which none is booked. */
  firstQuietTime(milliseconds: number, within: KeyRange): Date | undefined {
    const start = this.#booked.firstGap(milliseconds, { within });
    return start === undefined ? undefined : new Date(start);
  }
}
