/** Which calls that are not recorded mean something for what is known of a layout. */
import { assertEquals } from "@std/assert";
import { numberOf, type SystemCallName } from "../../src/abi/syscalls.ts";
import { unrecordedCalls } from "../../src/capture/unrecorded.ts";

for (const machine of ["x86_64", "aarch64"] as const) {
  const meaningOf = unrecordedCalls(machine);
  const meaning = (name: SystemCallName, ...args: number[]) =>
    meaningOf(numberOf(name, machine) ?? -1, args);

  Deno.test(`unrecordedCalls, ${machine}: by name`, () => {
    assertEquals(meaning("process_vm_writev", 1, 2, 3), "uncertain everywhere");
    assertEquals(meaning("ptrace", 5, 77), "uncertain everywhere");
    assertEquals([meaning("mount", 0), meaning("mount_setattr", 3)], [
      "other rules",
      "other rules",
    ]);
    assertEquals([meaning("exit", 0), meaning("exit_group", 0)], ["end", "end"]);
    assertEquals([meaning("getpid"), meaning("read", 0, 1, 2)], [undefined, undefined]);
    const isX86 = machine === "x86_64";
    assertEquals(meaning("arch_prctl", 0x2003, 0), isX86 ? "uncertain" : undefined);
    assertEquals(meaningOf(-1, []), undefined);
  });

  Deno.test(`unrecordedCalls, ${machine}: an ioctl of a driver may map, those of terminals, sockets and files do not`, () => {
    const [TCGETS, SIOCGIFNAME, FS_IOC_GETFLAGS] = [0x5401, 0x8910, 0x8008_6601];
    const UFFDIO_COPY = 0xc028_aa03;
    for (const request of [TCGETS, SIOCGIFNAME, FS_IOC_GETFLAGS]) {
      assertEquals(meaning("ioctl", 1, request, 0), undefined);
    }
    assertEquals(meaning("ioctl", 1, UFFDIO_COPY, 0), "uncertain");
    assertEquals(meaning("ioctl", 1, 0x54, 0), "uncertain"); // the type is the second byte
    assertEquals(meaning("ioctl", 1), "uncertain");
  });

  Deno.test(`unrecordedCalls, ${machine}: fcntl that seals memory changes what may be mapped`, () => {
    const F_GETFL = 3, F_ADD_SEALS = 1033;
    assertEquals(meaning("fcntl", 3, F_ADD_SEALS, 8), "other rules");
    assertEquals([meaning("fcntl", 3, F_GETFL), meaning("fcntl", F_ADD_SEALS)], [
      ...[undefined, undefined],
    ]);
    assertEquals(meaning("dup", 3, F_ADD_SEALS), undefined);
  });
}
