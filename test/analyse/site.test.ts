import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { captureSite } from "../../src/analyse/calls/site.ts";
import { PositionMap } from "../../src/analyse/load/source-map.ts";

function inner(): ReturnType<typeof captureSite> {
  return captureSite();
}

test("a site has the calls of the user, innermost first, and looks at the stack only when asked", () => {
  const limit = Error.stackTraceLimit;
  const site = [1].map(() => inner())[0]!;
  expect(Error.stackTraceLimit).toBe(limit);
  const frames = site();
  expect(frames).toBe(site());
  expect(frames.length).toBeGreaterThanOrEqual(3);
  expect(frames.length).toBeLessThanOrEqual(8);
  const own = frames.filter(({ file }) => file.endsWith("site.test.ts"));
  expect(own.map(({ line }) => line)).toEqual([7, 12, 12]);
  for (const { file, line, column } of frames) {
    expect(file.startsWith("/")).toBe(true);
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
  }
});

test("a stack of many calls keeps the innermost", () => {
  const deep = (n: number): ReturnType<typeof captureSite> => (n === 0 ? captureSite() : deep(n - 1));
  expect(deep(50)()).toHaveLength(8);
});

test("a site is known while the stack of an error is being read", () => {
  const at = (name: string): string => JSON.stringify(new URL(`../../src/analyse/${name}.ts`, import.meta.url).href);
  const script = `
    import { captureSite } from ${at("calls/site")};
    import { registry } from ${at("load/loaded-modules")};
    import { mapStacks } from ${at("load/stack-mapping")};
    mapStacks(registry);
    class Late extends Error { get message() { captureSite()(); return "late"; } }
    console.log(new Late().stack.split("\\n")[0]);`;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(told).toBe("Error: late\n");
});

test("a position map finds the last segment before a place on its line", () => {
  // Generated 1:1 is 1:1, 1:5 is 1:9, 3:1 is 2:1, 3:3 is 2:5 (https://tc39.es/ecma426/).
  const map = PositionMap.decode("AAAA,IAAQ;;AACR,EAAI");
  for (const each of [map, PositionMap.fromBytes(map.toBytes())]) {
    expect(each.original(1, 1)).toEqual({ line: 1, column: 1 });
    expect(each.original(1, 4)).toEqual({ line: 1, column: 1 });
    expect(each.original(1, 5)).toEqual({ line: 1, column: 9 });
    expect(each.original(1, 99)).toEqual({ line: 1, column: 9 });
    expect(each.original(2, 1)).toBeUndefined();
    expect(each.original(3, 1)).toEqual({ line: 2, column: 1 });
    expect(each.original(3, 3)).toEqual({ line: 2, column: 5 });
    expect(each.original(4, 1)).toBeUndefined();
  }
});
