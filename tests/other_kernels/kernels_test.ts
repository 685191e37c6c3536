/** Names of kernels to boot: whose they are, which release has them, and which version is meant. */

import { assertEquals } from "@std/assert";
import {
  kernelNamed,
  kernelNames,
  PROCESS_NAMES,
  USUAL_KERNELS,
} from "../../src/other_kernels/kernels.ts";

function told(name: string): string | undefined {
  const kernel = kernelNamed(name);
  return kernel && `${kernel.name}: ${kernel.distribution} ${kernel.suite} ${kernel.version}`;
}

Deno.test("kernelNamed: a version is Debian's, unless its name begins with ubuntu-", () => {
  assertEquals(told("6.1"), "6.1: Debian bookworm 6.1");
  assertEquals(told("6.17"), "6.17: Debian trixie-backports 6.17");
  assertEquals(told("ubuntu-6.17"), "ubuntu-6.17: Ubuntu noble-updates 6.17");
  assertEquals(told("newest"), "newest: Debian trixie-backports ");
});

Deno.test("kernelNamed: more of the version names one kernel of it", () => {
  assertEquals(told("6.18.5"), "6.18.5: Debian trixie-backports 6.18.5");
  assertEquals(told("6.1.0-50"), "6.1.0-50: Debian bookworm 6.1.0-50");
  assertEquals(told("ubuntu-6.8.0-41"), "ubuntu-6.8.0-41: Ubuntu noble-updates 6.8.0-41");
});

Deno.test("kernelNamed: a kernel that runs as a process is that of a release", () => {
  const kernels = PROCESS_NAMES.map(kernelNamed);
  assertEquals(kernels.map((kernel) => kernel?.suite), ["bookworm", "trixie", "sid"]);
  assertEquals(kernels.map((kernel) => kernel?.isProcess), [true, true, true]);
  assertEquals([kernelNamed("6.12")?.isProcess, told("process-6.8"), told("process-")], [
    ...[undefined, undefined, undefined],
  ]);
});

Deno.test("kernelNamed: a flavour after a version names a kernel that is built for something", () => {
  const flavour = (name: string) => kernelNamed(name)?.flavour;
  assertEquals(kernelNamed("6.12-rt"), {
    ...kernelNamed("6.12")!,
    name: "6.12-rt",
    flavour: "rt-amd64",
  });
  assertEquals([kernelNamed("6.18.5-rt")?.version, flavour("6.18.5-rt")], ["6.18.5", "rt-amd64"]);
  assertEquals([told("newest-rt"), flavour("newest-rt")], [
    "newest-rt: Debian trixie-backports ",
    "rt-amd64",
  ]);
  assertEquals([told("ubuntu-6.8-azure"), flavour("ubuntu-6.8-azure")], [
    "ubuntu-6.8-azure: Ubuntu noble-updates 6.8",
    "azure",
  ]);
  assertEquals(["6.12", "ubuntu-6.8"].map((name) => "flavour" in kernelNamed(name)!), [
    ...[false, false],
  ]);
  const none = ["process-6.12-rt", "6.3-rt", "-rt", "ubuntu-newest-gcp"];
  assertEquals(none.map(kernelNamed), none.map(() => undefined));
});

Deno.test("kernelNamed: what no release has is none", () => {
  const others = ["", "6", "6.", "6.3", "6.10", "6.1x", "66.1", "ubuntu-", "ubuntu-6.1", "ubuntu"];
  assertEquals(others.map(told), others.map(() => undefined));
});

Deno.test("kernelNames: each names a kernel of that distribution, the usual ones are among them", () => {
  for (const distribution of ["Debian", "Ubuntu"] as const) {
    for (const name of kernelNames(distribution)) {
      assertEquals([kernelNamed(name)?.name, kernelNamed(name)?.distribution], [
        name,
        distribution,
      ]);
    }
  }
  const usual = USUAL_KERNELS.filter((name) => kernelNames("Debian").includes(name));
  assertEquals(usual, USUAL_KERNELS);
});
