import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { toHtml } from "../../src/picture/element.ts";
import type { Picture } from "../../src/picture/model.ts";
import type { PageData } from "../../src/picture/page/data.ts";
import { nodeDetails, stackDetails } from "../../src/picture/page/details.ts";
import { findNodes } from "../../src/picture/page/find.ts";
import { toHtmlPage } from "../../src/picture/page/page.ts";
import { relationsOf, relativesOf } from "../../src/picture/page/relations.ts";
import { pageScript } from "../../src/picture/page/script.ts";
import { hostile, pictureOf, shapes } from "./pictures.ts";

/** The hostile names, each a node that reads the one before, with the same in every other text. */
function hostilePicture(): Picture {
  const picture = pictureOf(
    hostile.map((_, i) => (i === 0 ? [] : [i - 1])),
    (i) => ({
      name: hostile[i]!,
      description: hostile[i]!,
      tags: [hostile[i]!],
      where: hostile[i]!,
      state: { status: "failed", reasons: [hostile[i]!], note: hostile[i]! },
    }),
  );
  return { ...picture, title: hostile[0]! };
}

function inside(html: string, start: string, end: string): string {
  const from = html.indexOf(start);
  expect(from, start).toBeGreaterThan(0);
  return html.slice(from + start.length, html.indexOf(end, from + start.length));
}

describe("a picture as a page", () => {
  test("lets nothing run but its own script, and loads nothing", async () => {
    const html = await toHtmlPage(pictureOf(shapes.layered(30)));
    const policy = inside(html, 'http-equiv="Content-Security-Policy" content="', '"');
    const script = html.slice(html.lastIndexOf("<script>") + 8, html.lastIndexOf("</script>"));
    const css = inside(html, "<style>", "</style>");
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(css)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(script).toBe(await pageScript());
    expect(script).not.toMatch(/<\/script|<!--/i);
    const markup = html.replace(script, "").replace(/<!--.*?-->/s, "");
    expect(markup).not.toMatch(/https?:|src=|@import|url\(| on[a-z]+=| style="/);
    expect(script).not.toMatch(/\bfetch\(|XMLHttpRequest|innerHTML|\beval\(|document\.write/);
  });

  test("is the same each time", async () => {
    expect(await toHtmlPage(hostilePicture())).toBe(await toHtmlPage(hostilePicture()));
  });

  test("takes whatever a node is called for text", async () => {
    const picture = hostilePicture();
    const html = await toHtmlPage(picture);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html.match(/<img|<[^>]+ on\w+=/g)).toBeNull();
    const data = JSON.parse(inside(html, '<script type="application/json" id="data">', "</script>")) as PageData;
    expect(data.picture).toEqual(picture);
    const relations = relationsOf(picture);
    for (const i of picture.nodes.keys()) {
      const panel = toHtml(nodeDetails(picture, relations, i, { id: hostile[i]!, folded: true }));
      expect(panel).not.toMatch(/<script|<img|<!--/);
    }
    expect(toHtml(stackDetails(picture, [...picture.nodes.keys()]))).not.toMatch(/<script|<img|<!--/);
  });

  test("has a client that the compiler accepts", { timeout: 120_000 }, () => {
    const file = path.resolve(import.meta.dirname, "../../src/picture/page/client/tsconfig.json");
    const { config } = ts.readConfigFile(file, ts.sys.readFile);
    const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(file));
    expect(fileNames.length).toBeGreaterThan(4);
    const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });
});

describe("relatives of a node", () => {
  test("are what it reads and what reads it, and not what else these read", () => {
    // 0 -> 2 <- 1, 2 -> 3, 1 -> 4
    const relations = relationsOf(pictureOf([[], [], [0, 1], [2], [1]]));
    const of = (node: number) => [...relativesOf(relations, [node])].sort();
    expect(of(2)).toEqual([0, 1, 2, 3]);
    expect(of(4)).toEqual([1, 4]);
    expect(of(1)).toEqual([1, 2, 3, 4]);
  });
});

describe("finding nodes", () => {
  test("takes names first, then what else is said of nodes; all words must be there", () => {
    const picture = pictureOf([[], [], [], []], (i) => ({
      name: ["sales", "clean sales", "report", "x"][i]!,
      ...(i === 3 ? { description: "sales by region" } : {}),
    }));
    expect(findNodes(picture, "Sales", 10)).toEqual([0, 1, 3]);
    expect(findNodes(picture, "sales region", 10)).toEqual([3]);
    expect(findNodes(picture, "sales", 2)).toEqual([0, 1]);
    expect(findNodes(picture, "  ", 10)).toEqual([]);
    expect(findNodes(picture, "nothing", 10)).toEqual([]);
  });
});

const browser = ["chromium", "chromium-browser", "google-chrome"].find((name) => {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});

describe.skipIf(browser === undefined)("in a browser", () => {
  /** The page as it is after its script has run. */
  async function live(html: string, hash: string): Promise<string> {
    const dir = await mkdtemp(path.join(tmpdir(), "sluice-page-"));
    try {
      await writeFile(path.join(dir, "page.html"), html);
      const args = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        `--user-data-dir=${dir}/profile`,
        "--virtual-time-budget=4000",
      ];
      const { stdout } = await promisify(execFile)(
        browser!,
        [...args, "--dump-dom", `file://${dir}/page.html${hash}`],
        {
          maxBuffer: 1 << 28,
        },
      );
      return stdout;
    } finally {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  test("the script runs, and shows the node that the address names, as text", { timeout: 120_000 }, async () => {
    const name = hostile[1]!;
    const dom = await live(await toHtmlPage(hostilePicture()), `#${encodeURIComponent(name)}`);
    expect(dom).toMatch(/<html[^>]* class="live"/);
    const panel = dom.slice(dom.indexOf("<aside"), dom.indexOf("</aside>"));
    expect(panel).toContain(`<h2 tabindex="-1">"&gt;&lt;img src=x onerror=alert(1)&gt;</h2>`);
    expect(dom).not.toMatch(/<img/);
    expect(dom).toMatch(/class="card failed chosen"/);
  });
});
