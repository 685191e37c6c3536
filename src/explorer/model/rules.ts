/**
 * The rules of tree and address space in plain words.
 *
 * @module
 */

/** The validators' rules, and what each means to somebody who has never seen a maple tree. */
const WORDS: Readonly<Record<string, string>> = {
  "pivots rise":
    "In a node, every slot must end after the slot before it. This one ends where the one before it ends: there is no " +
    "room between them. It is left over.",
  "no slot past the end":
    "What lies after a node's last used slot must be empty. Here something was left.",
  "no pivot past the end":
    "What lies after a node's last used slot must be empty. Here a boundary was left.",
  "no gap past the end":
    "What lies after a node's last used slot must be empty. Here the size of a gap was left.",
  "the gap is the longest empty slot":
    "A parent writes down the largest free range below each child. Here it wrote down another size than there is.",
  "two empty slots are never neighbours": "Free space must be one slot, not two in a row.",
  "only the last leaf ends in an empty slot":
    "A leaf must not end with free space, unless it is the last.",
  "the node holds enough": "A node that is not the root must be filled to a good third.",
  "no node of the tree is dead": "A node that was replaced must not be reachable any more.",
  "the parent link leads to the slot that holds it":
    "A child must know its parent, and the parent the child.",
  "no two slots share a handle": "Every slot must have an entry of its own. Here two share one.",
  "no node is lost": "Every node must be in the tree or free. Here one is neither.",
  "no handle is lost": "Every entry must be in a slot or free. Here one is neither.",
};

/** A rule in plain words; as the validator says it where there are none. */
export function plainRule(rule: string): string {
  return WORDS[rule] ?? rule.replace(/^./, (letter) => letter.toUpperCase());
}
