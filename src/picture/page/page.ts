import { createHash } from "node:crypto";
import { type Element, element, escapeXml, toHtml } from "../element.ts";
import { type DrawingChoice, drawingOf } from "../fold.ts";
import type { Picture } from "../model.ts";
import { type Scene, sceneOf } from "../scene.ts";
import { sceneElements } from "../svg.ts";
import { bodyElements } from "./body.ts";
import { ids, type PageData } from "./data.ts";
import { dagreLicence } from "./licence.ts";
import { pageScript } from "./script.ts";
import { pageCss } from "./style.ts";

/**
 * The picture as one HTML page to look around in: nothing is loaded from elsewhere, and nothing but the page's own script can run.
 * Without scripts it shows the whole picture. The same picture gives the same bytes.
 */
export async function toHtmlPage(picture: Picture, choice: DrawingChoice = {}): Promise<string> {
  const scene = await sceneOf(picture, drawingOf(picture, choice));
  const script = await pageScript();
  const css = pageCss();
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(css)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeXml(picture.title)}</title>
<style>${css}</style>
</head>
<body>
${bodyElements(picture, drawingElement(scene)).map(toHtml).join("\n")}
<script type="application/json" id="${ids.data}">${dataText(picture, choice, scene)}</script>
<!--
${dagreLicence}
-->
<script>${script}</script>
</body>
</html>
`;
}

function drawingElement(scene: Scene): Element {
  const { width, height } = scene.layout;
  return element(
    "svg",
    {
      id: ids.drawing,
      class: "sluice",
      viewBox: `-16 -16 ${width + 32} ${height + 32}`,
    },
    ...sceneElements(scene),
  );
}

/** Text that JSON gives back as it was and HTML takes for nothing but text. */
function dataText(picture: Picture, { unfolded }: DrawingChoice, { layout }: Scene): string {
  const data: PageData = {
    picture,
    unfolded: unfolded === "all",
    boxes: layout.boxes.flatMap(({ x, y, width, height }) => [x, y, width, height]),
    width: layout.width,
    height: layout.height,
  };
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What a Content Security Policy knows an inline text by. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text, "utf8").digest("base64")}`;
}
