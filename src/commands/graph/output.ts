import path from "node:path";
import type { DrawOptions } from "../../picture/draw.ts";
import { type PictureSource, pictureOf } from "../../picture/picture.ts";
import { printLines } from "../print.ts";
import type { Terminal } from "../terminal.ts";
import type { GraphFormat } from "./format.ts";

/** How, and where to. */
interface How {
  readonly format: GraphFormat;
  readonly drawing: DrawOptions;
  /** A file, as it was named; stdout unless given. */
  readonly output: string | undefined;
  readonly terminal: Terminal;
}

/** Draws a graph and writes it. @throws SluiceError `unsupported-format` where PNG cannot be made on this machine */
export async function graphOutput(what: PictureSource, how: How): Promise<void> {
  const { output, terminal } = how;
  const drawn = await inFormat(what, how);
  if (output === undefined) {
    if (typeof drawn === "string") terminal.out.write(drawn);
    else await terminal.writeBytes(1, drawn);
    return;
  }
  const { ensureDir } = await import("../../platform/files.ts");
  const { writeFileAtomic } = await import("../../platform/temp-file.ts");
  const file = path.resolve(terminal.cwd, output);
  ensureDir(path.dirname(file));
  await writeFileAtomic(file, drawn, { tmpDir: path.dirname(file) });
  printLines(terminal.err, [`wrote ${output}`]);
}

async function inFormat(what: PictureSource, { format, drawing, output, terminal }: How): Promise<string | Uint8Array> {
  if (format === "json") {
    const { graphDocument } = await import("../../picture/json.ts");
    return `${JSON.stringify(graphDocument(what), undefined, 2)}\n`;
  }
  const picture = pictureOf(what);
  if (format === "text") {
    const { treeLines } = await import("../../report/graph-tree.ts");
    const { createStyle } = await import("../../report/style.ts");
    const isShown = output === undefined;
    const { style, columns } = isShown ? terminal.out : { style: createStyle(false), columns: Infinity };
    return treeLines(picture, { style, columns })
      .map((line) => `${line}\n`)
      .join("");
  }
  const { draw } = await import("../../picture/draw.ts");
  return draw(picture, format, drawing);
}
