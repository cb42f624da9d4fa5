import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryLeases } from "../../src/metadata/memory-leases.ts";
import { openSocketLeases } from "../../src/metadata/socket-leases.ts";
import { leasesConformance } from "../conformance/leases.ts";

leasesConformance("memory", (sides) => {
  const leases = new MemoryLeases();
  return Array.from({ length: sides }, () => leases);
});

leasesConformance("socket, one side", (sides) => {
  const leases = openSocketLeases({ file: newFile() });
  return Array.from({ length: sides }, () => leases);
});

leasesConformance("socket, a side each", (sides) => {
  const file = newFile();
  return Array.from({ length: sides }, () => openSocketLeases({ file }));
});

function newFile(): string {
  return join(mkdtempSync(join(tmpdir(), "sluice-leases-")), "v1", "leases.db");
}
