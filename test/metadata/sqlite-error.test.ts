import { expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { fromSqliteError } from "../../src/metadata/sqlite/sqlite-error.ts";

// Extended codes too: the low byte is the primary code.
test.each([
  [5, "io", true],
  [261, "io", true],
  [517, "io", true],
  [6, "io", true],
  [15, "io", true],
  [8, "read-only", false],
  [1032, "read-only", false],
  [10, "io", true],
  [778, "io", true],
  [13, "no-space", true],
  [14, "io", true],
])("SQLite's code %i is %s", (errcode, reason, retryable) => {
  const error = Object.assign(new Error("so it is"), { code: "ERR_SQLITE_ERROR", errcode });
  const failure = failureOf(fromSqliteError(error, "/x/metadata.db"));
  expect(failure).toMatchObject({ reason, retryable, where: { file: "/x/metadata.db" }, cause: error });
  expect(failure?.hint).toBeTruthy();
});

test("other errors stay what they are", () => {
  const bug = new TypeError("no");
  expect(fromSqliteError(bug, "/x")).toBe(bug);
});
