/**
 * Where the user's addresses end, which the kernel tells nowhere: pages are wished for until the first address is found
 * that none can have. It is a matter of the processor's page tables and of how the kernel was built: 2^47 on most
 * x86-64, 2^39 on a small arm64, and something in between in a kernel that is a process of another (arch/um).
 *
 * @module
 */
import { PAGE_SIZE } from "../abi/page.ts";
import type { LibcCalls } from "./libc.ts";

/** Every Linux has this address, and none but a limit of the process refuses it. */
const LOW = 0x4000_0000;
/** A trace holds no higher ones. */
const HIGH = 2 ** 52;

/**
 * First address that is not the user's, at most 2^52, bytes; undefined if this process may map nothing more. About 40
 * calls of the kernel.
 */
export function askTaskSize(libc: Pick<LibcCalls, "mayMap">): number | undefined {
  const isUsers = (page: number) => libc.mayMap(page * PAGE_SIZE);
  let last = LOW / PAGE_SIZE, beyond = HIGH / PAGE_SIZE;
  if (!isUsers(last)) return undefined;
  while (beyond - last > 1) {
    const middle = Math.floor((last + beyond) / 2);
    if (isUsers(middle)) last = middle;
    else beyond = middle;
  }
  return beyond * PAGE_SIZE;
}
