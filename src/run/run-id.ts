import { randomBytes } from "node:crypto";

/** An id that sorts by time and can be read: `20261121-093015-k3f9` (UTC, then four random letters). */
export function newRunId(now: number): string {
  const [date, time] = new Date(now).toISOString().split("T");
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  const random = [...randomBytes(4)].map((byte) => letters[byte % letters.length]).join("");
  return `${date!.replaceAll("-", "")}-${time!.slice(0, 8).replaceAll(":", "")}-${random}`;
}
