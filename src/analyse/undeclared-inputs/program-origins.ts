import type { Program, ProgramModule } from "../program/program.ts";
import type { AnalysedModule } from "../syntax/analysed-module.ts";
import { knownInputAt } from "./known-inputs.ts";
import { ModuleOrigins } from "./module-origins.ts";
import { builtinOrigin, memberOrigin, type Origin } from "./origin.ts";

/** Follows origins from module to module, so that a name counts as what it stands for wherever it was given it. */
export class ProgramOrigins {
  readonly #program: Program;
  /** What the names at the top of a module stand for; of modules that were asked for. */
  readonly #names = new Map<ProgramModule, ReadonlyMap<string, Origin>>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** The origins of expressions of a module. */
  of(module: ProgramModule, analysed: AnalysedModule): ModuleOrigins {
    return new ModuleOrigins(analysed, {
      imported: (name) => this.#imported(module, name),
      loaded: (specifier, kind) => this.#loaded(module, specifier, kind),
      followed: (origin) => this.#followed(origin),
    });
  }

  #imported(module: ProgramModule, local: string): Origin | undefined {
    const { imports } = module.summary;
    const imported = Object.hasOwn(imports, local) ? imports[local] : undefined;
    if (!imported) return undefined;
    const origin = this.#loaded(module, imported.specifier, "import");
    if (!origin || imported.name === "*") return origin;
    return this.#followed(memberOrigin(origin, imported.name));
  }

  #loaded(module: ProgramModule, specifier: string, kind: "import" | "require"): Origin | undefined {
    const resolved = this.#program.resolve(module, { specifier, kind });
    if (resolved.kind === "module") return ["module", resolved.module.file];
    if (resolved.kind === "own") return ["sluice"];
    return resolved.kind === "builtin" || resolved.kind === "missing" ? builtinOrigin(specifier) : undefined;
  }

  /** Leads an export of a module of the user's to what it stands for. */
  #followed(origin: Origin): Origin | undefined {
    const [root, file, name, ...rest] = origin;
    if (root !== "module" || file === undefined || name === undefined) return origin;
    let found = this.#exported(this.#program.module(file), name, new Set());
    for (const member of rest) found = found && this.#followed(memberOrigin(found, member));
    return found;
  }

  #exported(module: ProgramModule, name: string, seen: Set<string>): Origin | undefined {
    const step = `${module.file}#${name}`;
    if (seen.has(step)) return undefined;
    seen.add(step);
    const { exports, stars } = module.summary;
    const exported = Object.hasOwn(exports, name) ? exports[name] : undefined;
    if (exported && exported.specifier === undefined) {
      const { local } = exported;
      return this.#imported(module, local) ?? (mayLeadOn(module, local) ? this.#namesOf(module).get(local) : undefined);
    }
    if (exported) return this.#through(module, exported.specifier, exported.name, seen);
    for (const specifier of stars) {
      const found = this.#through(module, specifier, name, seen);
      if (found && knownInputAt(found)) return found;
    }
    return undefined;
  }

  #through(module: ProgramModule, specifier: string, name: string, seen: Set<string>): Origin | undefined {
    const origin = this.#loaded(module, specifier, "import");
    if (!origin || name === "*") return origin;
    const [root, file] = origin;
    if (root === "module" && file !== undefined) return this.#exported(this.#program.module(file), name, seen);
    return memberOrigin(origin, name);
  }

  #namesOf(module: ProgramModule): ReadonlyMap<string, Origin> {
    const known = this.#names.get(module);
    if (known) return known;
    const names = new Map<string, Origin>();
    // Modules that import each other find what is known so far.
    this.#names.set(module, names);
    const analysed = this.#program.analyse(module.file);
    if ("problem" in analysed) return names;
    const origins = this.of(module, analysed);
    for (const [name, binding] of analysed.scopes.scope.bindings) {
      if (binding.kind === "import") continue;
      const origin = origins.ofBinding(binding);
      // A value was read where it is declared; what leads on to other things is followed.
      if (origin && knownInputAt(origin)?.is !== "value") names.set(name, origin);
    }
    return names;
  }
}

/** Whether a name of a module may be another one for something else: then its syntax is worth a look. */
function mayLeadOn(module: ProgramModule, name: string): boolean {
  return module.declaring(name).some(({ unit: { kind, fn, refs, dependencies } }) => {
    const isVariable = kind === "const" || kind === "let" || kind === "var" || kind === "statement";
    return isVariable && fn === undefined && (refs.length > 0 || dependencies.length > 0);
  });
}
