import type { ResvgRenderOptions } from "@resvg/resvg-js";
import { fail } from "../core/failure.ts";

/** More pixels than this no viewer shows well, and each takes four bytes while they are drawn. */
const mostPixels = 64_000_000;

/** What one side may have: more is refused by many programs. */
const longestSide = 16_000;

/** Sans-serif fonts that machines have, best first. */
const families = [
  "Segoe UI",
  "Roboto",
  "Noto Sans",
  "Open Sans",
  "Liberation Sans",
  "Arial",
  "Helvetica",
  "DejaVu Sans",
];

export interface PngOptions {
  /** Pixels of the image for each pixel of the picture; 2 unless given, less where the picture is very large. */
  readonly scale?: number;
  /** Folders that fonts are looked for in, instead of those of the system. */
  readonly fontFolders?: readonly string[];
}

/**
 * A picture as PNG. The SVG must be in one theme: an image knows nothing of its reader.
 * @throws SluiceError `unsupported-format` where there is no font at all, or no rasteriser for this platform
 */
export async function toPng(svg: string, { scale = 2, fontFolders }: PngOptions = {}): Promise<Uint8Array> {
  const resvg = await loadResvg();
  const font = fontFor(resvg, fontFolders);
  const { width, height } = new resvg.Resvg(svg, { font: { loadSystemFonts: false } });
  const most = Math.min(scale, Math.sqrt(mostPixels / (width * height)), longestSide / Math.max(width, height));
  const image = await resvg.renderAsync(svg, { font, fitTo: { mode: "zoom", value: most } });
  return image.asPng();
}

type Resvg = typeof import("@resvg/resvg-js");
type FontOptions = NonNullable<ResvgRenderOptions["font"]>;

async function loadResvg(): Promise<Resvg> {
  try {
    return await import("@resvg/resvg-js");
  } catch (error) {
    const message = `PNG cannot be made on this machine: ${(error as Error).message.split("\n")[0]}`;
    return fail("unsupported-format", message, { hint: "write .svg or .html instead", cause: error });
  }
}

/**
 * The fonts to draw with. The rasteriser knows no list of families: it takes the one that is named, or else any that there is, which
 * may be one of symbols. So it is asked how it would draw some letters in each of these families, and in one that is nowhere.
 */
function fontFor({ Resvg }: Resvg, folders: readonly string[] | undefined): FontOptions {
  const font: FontOptions = folders ? { loadSystemFonts: false, fontDirs: [...folders] } : { loadSystemFonts: true };
  const tried = [absent, ...families];
  const lines = tried.map((family, i) => `<text x="9" y="${30 + 30 * i}" font-family="${family}">Rag4</text>`);
  const probe = `<svg xmlns="http://www.w3.org/2000/svg" width="99" height="${30 * tried.length + 30}">${lines.join("")}</svg>`;
  const drawn = [...new Resvg(probe, { font }).toString().matchAll(/ d="([^"]*)"/g)].map(([, path]) => shapeOf(path!));
  if (drawn.length === 0) {
    fail("unsupported-format", "a PNG needs a font for its words, and there is none on this machine", {
      hint: "install one (fonts-dejavu-core or fonts-noto-core), or write .svg or .html, which readers see in fonts of their own",
    });
  }
  // A family of which not all lines were drawn has no letters: then any that there is has to do.
  const found = drawn.length === tried.length ? drawn.findIndex((shape) => shape !== drawn[0]) : -1;
  return found < 0 ? font : { ...font, defaultFontFamily: tried[found]! };
}

/** A family that no machine has. */
const absent = "sluice no such family";

/** How wide letters are, wherever they stand: across, for lines differ by how far down they are. */
function shapeOf(path: string): string {
  const numbers = path.match(/-?\d+(?:\.\d+)?/g) ?? [];
  return numbers.filter((_, i) => i % 2 === 0).join(" ");
}
