import { realpathSync } from "node:fs";
import { SluiceError } from "../../core/failure.ts";
import { functionInspector } from "../captured/captured-scopes.ts";
import { isUserFile, pathOfModule } from "./module-path.ts";

/*
 * What this process has loaded of a file, whoever did. Our own loader keeps what it loads; of what Node loaded before there was one,
 * only its engine knows, and takes some 50 ms to tell.
 */

/** Whether there is a script of a file; it may be where the engine may not be asked. @param file symbolic links resolved */
export function isLoadedByNode(file: string): boolean {
  return scriptsOf(file)?.length !== 0;
}

/** Whether what runs of a file is this source, as far as the engine can tell: of TypeScript it has only what was made of it. */
export function isWhatRuns(file: string, source: string): boolean {
  const scripts = scriptsOf(file) ?? [];
  return scripts.length > 0 && scripts.every((id) => functionInspector.textOf(id) === source);
}

/** Undefined where the engine may not be asked. */
function scriptsOf(file: string): readonly string[] | undefined {
  try {
    for (const [id, url] of functionInspector.scripts()) noteScript(id, url);
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
  return scripts.get(file) ?? [];
}

const scripts = new Map<string, string[]>();
const noted = new Set<string>();

function noteScript(id: string, url: string): void {
  if (noted.has(id)) return;
  noted.add(id);
  const file = pathOfModule(url);
  if (file === undefined || !isUserFile(file)) return;
  const real = realPathOf(file);
  const known = scripts.get(real);
  if (known) known.push(id);
  else scripts.set(real, [id]);
}

/** Of a file that was removed, the path itself. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
