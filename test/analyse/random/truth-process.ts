/*
 * What programs really compute. A process of its own (`--experimental-vm-modules`): for every message with a program, the
 * program is loaded anew for each stage, in a realm of its own, and what the stage gives is sent back as text.
 */
import path from "node:path";
import { inspect } from "node:util";
import vm from "node:vm";
import type { CompilerSettings } from "../../../src/analyse/load/compiler-settings.ts";
import { transform } from "../../../src/analyse/load/transform.ts";
import { digestOf } from "../../../src/core/digest.ts";
import { MemoryDerived } from "../project.ts";
import type { Program } from "./generator.ts";
import type { Question, Truth } from "./truth.ts";

const settings: CompilerSettings = { options: {}, digest: digestOf("no settings"), aliases: () => [] };
let derived = new MemoryDerived();

/** How long code may run at a stretch: some that edits make never ends. */
const patienceMs = 2000;

class Realm {
  readonly #files: Program;
  readonly #context = vm.createContext({ console: { log() {} }, structuredClone: (value: unknown) => value });
  readonly #modules = new Map<string, vm.Module>();
  /** Why a module that a stage imported could not be loaded: then no more is said of what reaches what in it. */
  unloadable: string | undefined;
  readonly #common = new Map<string, { exports: unknown }>();

  constructor(files: Program) {
    this.#files = files;
    // A copy made here would be of another realm's prototypes.
    vm.runInContext("structuredClone = (value) => JSON.parse(JSON.stringify(value))", this.#context);
  }

  async load(file: string): Promise<Record<string, unknown>> {
    const module = this.#module(file);
    if (module.status === "unlinked") await module.link((specifier, from) => this.#resolve(specifier, from.identifier));
    await module.evaluate({ timeout: patienceMs });
    return module.namespace as Record<string, unknown>;
  }

  call(work: () => unknown): unknown {
    this.#context.work = work;
    return vm.runInContext("work()", this.#context, { timeout: patienceMs });
  }

  #resolve(specifier: string, from: string): vm.Module {
    if (specifier === "sluice") return this.#sluice();
    return this.#module(this.#fileOf(specifier, from));
  }

  #fileOf(specifier: string, from: string): string {
    const file = path.posix.join(path.posix.dirname(from), specifier);
    const found = [file, `${file}.ts`, `${file}.mts`].find((name) => Object.hasOwn(this.#files, name));
    if (found === undefined) throw new Error(`there is no module ${specifier}`);
    return found;
  }

  #module(file: string): vm.Module {
    let module = this.#modules.get(file);
    if (!module) {
      module = file.endsWith(".json")
        ? this.#json(file)
        : file.endsWith(".cjs")
          ? this.#commonJs(file)
          : this.#source(file);
      this.#modules.set(file, module);
    }
    return module;
  }

  #source(file: string): vm.Module {
    const source = this.#files[file]!;
    const digest = digestOf(source);
    const { code } = transform({ file: `/${file}`, source, digest, settings, format: "module" }, derived);
    return new vm.SourceTextModule(code, {
      identifier: file,
      context: this.#context,
      importModuleDynamically: (async (specifier: string) => {
        const module = this.#resolve(specifier, file);
        try {
          if (module.status === "unlinked") await module.link((next, from) => this.#resolve(next, from.identifier));
          await module.evaluate();
        } catch (error) {
          this.unloadable = problem(error);
          throw error;
        }
        return module;
      }) as never,
    });
  }

  #json(file: string): vm.Module {
    const value = vm.runInContext(`(${this.#files[file]})`, this.#context);
    const module: vm.SyntheticModule = new vm.SyntheticModule(["default"], () => module.setExport("default", value), {
      identifier: file,
      context: this.#context,
    });
    return module;
  }

  #commonJs(file: string): vm.Module {
    const names = [...this.#files[file]!.matchAll(/\bexports\.(\w+) =/g)].map(([, name]) => name!);
    const module: vm.SyntheticModule = new vm.SyntheticModule(
      [...new Set([...names, "default"])],
      () => {
        const exports = this.#require(file) as Record<string, unknown>;
        for (const name of new Set(names)) module.setExport(name, exports[name]);
        module.setExport("default", exports);
      },
      { identifier: file, context: this.#context },
    );
    return module;
  }

  #require(file: string): unknown {
    let module = this.#common.get(file);
    if (!module) {
      module = vm.runInContext("({ exports: {} })", this.#context) as { exports: unknown };
      this.#common.set(file, module);
      const wrapped = vm.runInContext(`(function (exports, module, require) { ${this.#files[file]}\n})`, this.#context);
      wrapped(module.exports, module, (specifier: string) => this.#require(this.#fileOf(specifier, file)));
    }
    return module.exports;
  }

  #sluice(): vm.Module {
    const known = this.#modules.get("sluice");
    if (known) return known;
    const module: vm.SyntheticModule = new vm.SyntheticModule(
      ["stage"],
      () => module.setExport("stage", (_: unknown, fn: unknown) => ({ fn })),
      { identifier: "sluice", context: this.#context },
    );
    this.#modules.set("sluice", module);
    return module;
  }
}

/** What a value is, in words that tell apart all that programs here can make. */
function told(value: unknown): string {
  return inspect(value, { depth: 9, maxArrayLength: 50, breakLength: Number.POSITIVE_INFINITY, compact: true });
}

function problem(error: unknown): string {
  const { name, message } = (typeof error === "object" && error !== null ? error : {}) as Partial<Error>;
  return `${name}: ${message ?? String(error)}`;
}

function isEndless(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

async function truthOf(files: Program): Promise<Truth> {
  const values: Record<string, string> = {};
  let names: readonly string[] | undefined;
  for (let at = 0; names === undefined || at < names.length; at++) {
    const realm = new Realm(files);
    let exported: Record<string, unknown>;
    try {
      exported = await realm.load("pipeline.ts");
    } catch (error) {
      return { failed: problem(error) };
    }
    names ??= Object.keys(exported).filter((name) => name.startsWith("stage"));
    const name = names[at];
    if (name === undefined) break;
    try {
      const { fn } = exported[name] as { readonly fn: (inputs: object) => unknown };
      values[name] = `gives ${told(await realm.call(() => fn({})))}`;
    } catch (error) {
      if (isEndless(error)) return { failed: problem(error) };
      values[name] = `throws ${problem(error)}`;
    }
    if (realm.unloadable !== undefined) return { failed: realm.unloadable };
  }
  return { values };
}

process.on("message", async ({ id, files }: Question) => {
  if (derived.entries.size > 4000) derived = new MemoryDerived();
  process.send!({ id, truth: await truthOf(files) });
});
process.on("unhandledRejection", () => {});
