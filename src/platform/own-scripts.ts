import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { CompiledCode, readUnseen, type UsedScript } from "./compiled-code.ts";

/*
 * How the built package loads itself. Most of it is no modules but scripts, made so when it was built (`build/scripts.ts`): of a script
 * V8 gives out what it has compiled by the end of a process, of a module only what it compiled before the first line ran.
 */

type Exports = Readonly<Record<string, unknown>>;

/** What a file of `scripts/` evaluates to: a module's code as a function, which gives the module's exports. */
type ScriptBody = (
  load: typeof scriptOf,
  later: typeof scriptLater,
  bring: (specifier: string) => Promise<unknown>,
  here: string,
  folder: string,
) => Exports;

const folder = join(import.meta.dirname, "scripts");
// when it was installed, so that what is kept of an older version is not kept among that of this one
const compiled = CompiledCode.of(`${folder} ${statSync(folder).mtimeMs}`);
const loaded = new Map<string, Exports>();
const used = new Map<string, UsedScript>();

/** The exports of one of the package's scripts, by its file name. */
export function scriptOf(name: string): Exports {
  const known = loaded.get(name);
  if (known) return known;
  const file = join(folder, name);
  const source = readUnseen(file);
  const cachedData = compiled?.read(name, source);
  const here = pathToFileURL(file).href;
  // the build lets nothing through that is not ASCII, so that each character takes V8 one byte
  const script = new Script(source.toString("latin1"), { filename: here, ...(cachedData && { cachedData }) });
  let body = script.runInThisContext() as ScriptBody;
  if (!(body instanceof Function)) body = ofThisRealm(source, here);
  else if (compiled) {
    if (used.size === 0) process.once("exit", () => compiled.keep(used));
    used.set(name, { source, code: () => script.createCachedData() });
  }
  const exports = body(scriptOf, scriptLater, (specifier) => import(specifier), here, folder);
  loaded.set(name, exports);
  return exports;
}

/**
 * A test runner may load modules into a realm of its own, where plain objects and errors are others than elsewhere, and scripts always run
 * in the first one. There the same code is evaluated as that of a module is, and compiled each time.
 */
function ofThisRealm(source: Buffer, here: string): ScriptBody {
  // biome-ignore lint/security/noGlobalEval: the package's own file, as it was built
  const evaluate = globalThis.eval; // called so, it sees nothing of this function
  return evaluate(`${source.toString("latin1")}\n//# sourceURL=${here}`) as ScriptBody;
}

/** {@link scriptOf}, as `import()` gives a module. */
export async function scriptLater(name: string): Promise<Exports> {
  return scriptOf(name);
}

/** Makes what is in a module known under the name that scripts import it by. */
export function provide(name: string, exports: Exports): void {
  loaded.set(name, exports);
}
