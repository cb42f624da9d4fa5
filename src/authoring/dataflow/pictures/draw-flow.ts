import path from "node:path";
import { fail } from "../../../core/failure.ts";
import type { PictureFormat } from "../../../picture/draw.ts";
import type { PictureSource } from "../../../picture/picture.ts";
import type { Theme } from "../../../picture/theme.ts";

/** How a picture is drawn, and where it is written. */
export interface PictureOptions {
  /** A file to write it to as well, relative to the project; its ending says the format. */
  readonly path?: string;
  /** What the ending of `path` says unless given; `svg` without either. */
  readonly format?: PictureFormat;
  /** Its heading; unless given the names of the modules, or the targets of a run. */
  readonly title?: string;
  /** Colours: of SVG those that its reader prefers unless given; of PNG `light`. */
  readonly theme?: Theme;
  /** Draws each of many nodes that are alike, not one stack of them; false unless given. */
  readonly expand?: boolean;
  /** Of PNG: pixels of the image for each pixel of the picture; 2 unless given. */
  readonly scale?: number;
}

/** What a picture comes as: bytes for PNG, text for all else. */
export type Drawn<Options extends PictureOptions> = Options extends { readonly format: infer Format }
  ? Format extends "png"
    ? Uint8Array
    : string
  : Options extends { readonly path: infer File }
    ? File extends `${string}.png`
      ? Uint8Array
      : string extends File
        ? string | Uint8Array
        : string
    : string;

/** @throws SluiceError `usage` for a path that says no format */
export async function drawFlow<Options extends PictureOptions>(
  source: PictureSource,
  options: Options,
  root: string,
): Promise<Drawn<Options>> {
  const { draw, formatByEnding, pictureFormats } = await import("../../../picture/draw.ts");
  const { pictureOf } = await import("../../../picture/picture.ts");
  const { path: file, theme, expand, scale } = options;
  const format = options.format ?? (file === undefined ? "svg" : formatByEnding(file));
  if (format === undefined || !pictureFormats.includes(format)) {
    fail(
      "usage",
      format === undefined ? `what should ${file} be? Its ending says nothing` : `no picture is "${format}"`,
      {
        hint: `give a format: ${pictureFormats.join(", ")}`,
      },
    );
  }
  const drawn = await draw(pictureOf(source), format, {
    ...(theme === undefined ? {} : { theme }),
    ...(expand === undefined ? {} : { expand }),
    ...(scale === undefined ? {} : { scale }),
  });
  if (file !== undefined) await write(path.resolve(root, file), drawn);
  return drawn as Drawn<Options>;
}

async function write(file: string, content: string | Uint8Array): Promise<void> {
  const { ensureDir } = await import("../../../platform/files.ts");
  const { writeFileAtomic } = await import("../../../platform/temp-file.ts");
  ensureDir(path.dirname(file));
  await writeFileAtomic(file, content, { tmpDir: path.dirname(file) });
}
