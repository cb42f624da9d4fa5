import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalLeases } from "../../src/metadata/local-leases.ts";
import { MemoryLeases } from "../../src/metadata/memory-leases.ts";
import { leasesConformance } from "../conformance/leases.ts";

leasesConformance("memory", (sides) => {
  const leases = new MemoryLeases();
  return Array.from({ length: sides }, () => leases);
});

leasesConformance("of a machine, one side", (sides) => {
  const leases = openLocalLeases({ file: newFile() });
  return Array.from({ length: sides }, () => leases);
});

leasesConformance("of a machine, a side each", (sides) => {
  const file = newFile();
  return Array.from({ length: sides }, () => openLocalLeases({ file }));
});

function newFile(): string {
  return join(mkdtempSync(join(tmpdir(), "sluice-leases-")), "v1", "leases.db");
}
