import path from "node:path";
import { toDot, toMermaid } from "./graph-text.ts";
import type { Picture } from "./model.ts";
import type { Theme } from "./theme.ts";

export const pictureFormats = ["svg", "png", "html", "mermaid", "dot"] as const;

/** What a picture can be given out as. */
export type PictureFormat = (typeof pictureFormats)[number];

const byEnding: Readonly<Record<string, PictureFormat>> = {
  ".svg": "svg",
  ".png": "png",
  ".html": "html",
  ".htm": "html",
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
};

/** What a file is to be by its ending; undefined where that says nothing. */
export function formatByEnding(file: string): PictureFormat | undefined {
  const ending = path.extname(file).toLowerCase();
  return Object.hasOwn(byEnding, ending) ? byEnding[ending] : undefined;
}

export interface DrawOptions {
  /** Colours: of SVG those that its reader prefers unless given; of PNG `light`. HTML follows its reader always. */
  readonly theme?: Theme;
  /** Draws each of many nodes that are alike, not one stack of them; false unless given. */
  readonly expand?: boolean;
  /** Of PNG: pixels of the image for each pixel of the picture; 2 unless given. */
  readonly scale?: number;
}

/**
 * A picture in a format: bytes for PNG, text for the others.
 * @throws SluiceError `unsupported-format` where PNG cannot be made on this machine
 */
export async function draw(
  picture: Picture,
  format: PictureFormat,
  { theme, expand = false, scale }: DrawOptions = {},
): Promise<string | Uint8Array> {
  const choice = expand ? ({ unfolded: "all" } as const) : {};
  switch (format) {
    case "mermaid":
      return toMermaid(picture);
    case "dot":
      return toDot(picture);
    case "html":
      return (await import("./page/page.ts")).toHtmlPage(picture, choice);
    case "svg":
      return (await import("./svg.ts")).toSvg(picture, { ...choice, ...(theme === undefined ? {} : { theme }) });
    case "png": {
      const { toSvg } = await import("./svg.ts");
      const { toPng } = await import("./png.ts");
      const svg = await toSvg(picture, { ...choice, theme: theme === "dark" ? "dark" : "light" });
      return toPng(svg, scale === undefined ? {} : { scale });
    }
  }
}
