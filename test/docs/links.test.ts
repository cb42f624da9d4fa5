import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { anchors, page, pages, repository } from "./markdown.ts";

const all = [...pages(), page("CONTRIBUTING.md"), page("CHANGELOG.md")];

/** What a page links to: `[text](target)`, without targets elsewhere on the web. */
function targets(prose: string): readonly string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Links that lead nowhere. */
function broken(file: string, prose: string): readonly string[] {
  return targets(prose).filter((target) => {
    const [name = "", anchor] = target.split("#");
    const to = name === "" ? file : path.posix.join(path.posix.dirname(file), name);
    if (!existsSync(path.join(repository, to))) return true;
    return anchor !== undefined && !anchors(page(to)).has(anchor);
  });
}

describe("links", () => {
  test.each(all.map(({ file, prose }) => ({ file, prose })))("of $file lead somewhere", ({ file, prose }) => {
    expect(broken(file, prose)).toEqual([]);
  });

  test("that lead nowhere are noticed", () => {
    const prose = "[a](no-such-page.md) [b](README.md#no-such-heading) [c](README.md) [d](https://example.org/x)";
    expect(broken("docs/x.md", prose)).toEqual(["no-such-page.md", "README.md#no-such-heading"]);
  });

  test("lead from the index to every page", () => {
    const linked = new Set(
      all.flatMap(({ file, prose }) =>
        targets(prose).map((target) => path.posix.join(path.posix.dirname(file), target.split("#")[0]!)),
      ),
    );
    const alone = all
      .map(({ file }) => file)
      .filter((file) => file !== "README.md" && file.startsWith("docs/") && !linked.has(file));
    expect(alone.filter((file) => file !== "docs/README.md")).toEqual([]);
    expect(linked).toContain("docs/README.md");
  });
});
