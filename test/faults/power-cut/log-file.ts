import { readFileSync, writeFileSync } from "node:fs";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Operation } from "./disk-log.ts";

/** Keeps recorded operations in a file: one a line as JSON, bytes in base64, all of it compressed. */
export function writeLog(file: string, operations: readonly Operation[]): void {
  const lines = operations.map((operation) =>
    JSON.stringify(
      operation.kind === "write" ? { ...operation, bytes: Buffer.from(operation.bytes).toString("base64") } : operation,
    ),
  );
  writeFileSync(file, zstdCompressSync(lines.join("\n")));
}

export function readLog(file: string): Operation[] {
  return zstdDecompressSync(readFileSync(file))
    .toString("utf8")
    .split("\n")
    .map((line) => {
      const operation: Operation & { readonly bytes?: string } = JSON.parse(line);
      if (operation.kind !== "write") return operation;
      return { ...operation, bytes: Buffer.from(operation.bytes as unknown as string, "base64") };
    });
}
