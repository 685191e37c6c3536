/**
 * One node of the tree, slot by slot.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { MAX_INDEX } from "../../tree/node_layout.ts";
import type { Violation } from "../model/health.ts";
import { type NodeChange, type SlotChange, slotKey } from "../model/tree_changes.ts";
import type { NodeView, SlotView } from "../model/tree_snapshot.ts";
import { size } from "../model/vma_changes.ts";
import { KINDS } from "./kinds.ts";

/** What is said of a slot that changed. */
const CHANGES: Readonly<Record<SlotChange, readonly [sign: string, text: string]>> = {
  written: ["●", "written"],
  moved: ["→", "moved here"],
  resized: ["↔", "same entry, other range"],
  gap: ["◦", "gap changed"],
  freed: ["×", "freed"],
};

/** The signs and their meaning, for the legend. */
export const SLOT_SIGNS: readonly (readonly [string, string])[] = [
  ["●", "written"],
  ["→", "moved"],
  ["↔", "resized"],
  ["◦", "gap"],
  ["×", "freed"],
];

/** What a card shows. */
export interface CardProps {
  readonly node: NodeView;
  readonly change: NodeChange | undefined;
  readonly slots: ReadonlyMap<number, SlotChange>;
  /** The slot that the walk takes, -1 if none. */
  readonly walked: number;
  /** The slot whose child is open beside it. */
  readonly opened: number;
  /** A broken rule, if it is about this node. */
  readonly violation: Violation | undefined;
  readonly selected: number | undefined;
  /** Shows the tree around an index. */
  onLook(index: number): void;
  /** Selects a VMA. */
  onSelect(first: number): void;
}

/** A node. */
export function NodeCard(props: CardProps): JSX.Element {
  const { node, change } = props;
  const isLeaf = node.level === 1;
  const used = node.slots.filter((slot) => !slot.isPastEnd || slot.word !== 0);
  const empty = node.slots.length - used.length;
  const title = node.parent === 0 ? "root" : isLeaf ? "leaf" : "inner node";
  return (
    <article class={`node ${change ?? ""}`} aria-label={`${title}, node ${node.id}`}>
      <header>
        <h3>{isLeaf && node.parent === 0 ? "root and only leaf" : title}</h3>
        <span class="id">node {node.id}</span>
        {change !== undefined && <span class={`tag ${change}`}>{change}</span>}
        <span class="dim">
          {node.parent === 0 ? "no parent" : `in slot ${node.parentSlot} of ${node.parent}`}
        </span>
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">change</span>
            </th>
            <th scope="col">slot</th>
            <th scope="col" title="The last address that the slot covers">pivot</th>
            <th scope="col">{isLeaf ? "holds" : "child"}</th>
            {!isLeaf && <th scope="col" title="The largest free range below">gap</th>}
          </tr>
        </thead>
        <tbody>
          {used.map((slot) => <SlotRow key={slot.index} {...props} slot={slot} />)}
        </tbody>
      </table>
      <footer>
        {empty > 0
          ? `${pastEnd(node.slots.length - empty, node.slots.length - 1)}: past the end, empty`
          : "every slot in use"}
      </footer>
    </article>
  );
}

function pastEnd(first: number, last: number): string {
  return first === last ? `slot ${first}` : `slots ${first}–${last}`;
}

function SlotRow(props: CardProps & { slot: SlotView }): JSX.Element {
  const { node, slot, slots, violation } = props;
  const change = slots.get(slotKey(node.id, slot.index));
  const isBroken = violation?.slot === slot.index;
  const isStale = slot.last < slot.first || (slot.isPastEnd && slot.word !== 0);
  const [sign, said] = change === undefined ? ["", ""] : CHANGES[change];
  const isSelected = slot.vma !== undefined && slot.first === props.selected;
  const classes = [
    change ?? "",
    isStale || isBroken ? "broken" : "",
    props.walked === slot.index ? "walked" : "",
    props.opened === slot.index ? "opened" : "",
    isSelected ? "selected" : "",
    slot.word === 0 ? "empty" : "",
  ];
  return (
    <tr class={classes.join(" ")}>
      <td class="mark" title={said}>
        {isStale || isBroken ? "!" : sign}
        <span class="hidden">{isStale || isBroken ? "breaks a rule" : said}</span>
      </td>
      <td class="index">{slot.index}</td>
      <td class="pivot">{pivot(slot.last)}</td>
      <td class="held">
        <Held {...props} isStale={isStale} />
      </td>
      {node.level > 1 && <td class="gap">{slot.gap ? gapSize(slot.gap) : "0"}</td>}
    </tr>
  );
}

/** What a slot holds. */
function Held(
  { node, slot, isStale, onLook, onSelect }: CardProps & { slot: SlotView; isStale: boolean },
): JSX.Element {
  if (node.level > 1) {
    return (
      <button
        type="button"
        aria-label={`node ${slot.word}`}
        onClick={() => onLook(slot.first)}
      >
        {slot.word}
      </button>
    );
  }
  const { vma } = slot;
  if (slot.word === 0) return <span class="dim">free {gapSize(slot.last - slot.first + 1)}</span>;
  if (vma === undefined) return <span class="dim">entry 0x{slot.word.toString(16)}</span>;
  return (
    <button type="button" onClick={() => onSelect(slot.first)} title={vma.name}>
      <i class={`swatch ${vma.kind}`} />
      <span class="permissions">{vma.permissions}</span>{" "}
      {isStale ? <em>covers nothing</em> : shorten(vma.name) || KINDS.get(vma.kind)}
    </button>
  );
}

/** A pivot in hexadecimal; the largest index in a word. */
function pivot(value: number): string {
  if (value === Infinity) return "none";
  return value === MAX_INDEX ? "max" : value.toString(16);
}

/** The size of free space; what reaches to the end of all indices is not worth a number. */
function gapSize(bytes: number): string {
  return bytes >= 2 ** 50 ? "the rest" : size(bytes);
}

function shorten(name: string): string {
  return name.length > 14 ? `${name.slice(0, 13)}…` : name;
}
