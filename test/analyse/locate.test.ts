import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { locateIn } from "../../src/analyse/load/module-path.ts";

test("paths of a record are resolved against its root, whatever their folder is", () => {
  const part = fc.constantFrom("..", ".", "a", "b.js", "node_modules", "…", "");
  const name = fc.tuple(
    fc.constantFrom("", "../", "../../", "/", "/x/"),
    fc.array(part, { minLength: 1, maxLength: 4 }),
  );
  const root = fc.constantFrom("/", "/project", "/home/me/project");
  fc.assert(
    fc.property(root, fc.array(name, { maxLength: 20 }), (from, names) => {
      const locate = locateIn(from);
      for (const [start, parts] of names) {
        const file = start + parts.join("/");
        // names within the root are kept as they are written
        const isOutside = file.startsWith("../") || path.isAbsolute(file);
        const resolved = path.resolve(from, file);
        const expected = isOutside && file.endsWith("/") ? path.join(resolved, "/") : resolved;
        expect(isOutside ? locate(file) : path.resolve(locate(file))).toBe(expected);
      }
    }),
  );
});
