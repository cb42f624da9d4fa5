import { pathToFileURL } from "node:url";
import { createAnalyser } from "../../analyse/analyser.ts";
import type { CodeAnalyser, CodeVersion } from "../../analyse/code-version.ts";
import { explainLoadFailure } from "../../analyse/load/load-failure.ts";
import { registry } from "../../analyse/load/loaded-modules.ts";
import { importModule } from "../../analyse/load/loader.ts";
import { contentOf } from "../../analyse/program/program-resolver.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { digestOf } from "../../core/digest.ts";
import { fail, failureOf, type Place } from "../../core/failure.ts";
import type { FindStage, StageFinder, StageNode } from "../../core/node.ts";
import { functionArguments, functionsOf } from "../stage-code.ts";
import type { WantedStage } from "./messages.ts";
import { versionWithCaptured } from "./wanted-stage.ts";

/** A stage that was found. */
export interface FoundStage {
  readonly stage: StageNode;
  readonly code: CodeVersion;
}

/** There is none that is the same: the code of one at the same place, if there is one. */
export interface Unfound {
  readonly code?: CodeVersion;
  /** Whether its code is the same, and what it captures is not. */
  readonly captured?: boolean;
}

/**
 * The user's modules as a thread evaluates them, and the stages that they declare on the way. A stage is taken for the one
 * that is wanted if it was declared at the same place and its code, with what that captures, has the same version: then it is
 * the same function. A thread loads one program.
 */
export class ThreadProgram {
  readonly #derived: DerivedCache;
  readonly #analyser: CodeAnalyser;
  readonly #declared: StageNode[] = [];
  /** What was declared, by the place of the innermost call; as far as it has been looked at. */
  readonly #byPlace = new Map<string, StageNode[]>();
  #looked = 0;
  readonly #codes = new Map<StageNode, CodeVersion | undefined>();
  /** What the modules export that were loaded to the end, by their paths. */
  readonly #exports = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #found = new Map<string, FoundStage>();
  #loaded: Promise<void> | undefined;
  readonly #held = Promise.withResolvers<void>();

  constructor(root: string, derived: DerivedCache) {
    this.#derived = derived;
    this.#analyser = createAnalyser({ root, modules: registry, derived });
  }

  /** Takes note of a stage that was declared. */
  declared(node: StageNode): void {
    this.#declared.push(node);
  }

  /** A module that is being loaded would run nodes now. It stays there: all that came before it is declared. */
  heldBack(): void {
    this.#held.resolve();
  }

  /** @throws SluiceError `load-failed`, `captured-variable` */
  async find(wanted: WantedStage): Promise<FoundStage | Unfound> {
    this.#loaded ??= this.#load(wanted);
    await this.#loaded;
    const id = `${wanted.code} ${wanted.withCaptured} ${wanted.salt} ${wanted.node}`;
    const known = this.#found.get(id);
    if (known) return known;
    // The run has found another version than before: a file that is no code may have changed.
    if (this.#analyser.renew((file) => contentOf(file, digestOf))) this.#codes.clear();
    const found = wanted.finder ? await this.#seek(wanted, wanted.finder) : this.#find(wanted);
    if ("stage" in found) this.#found.set(id, found);
    return found;
  }

  #find(wanted: WantedStage): FoundStage | Unfound {
    let other: Unfound = {};
    const same: FoundStage[] = [];
    for (const stage of this.#candidates(wanted)) {
      const code = this.#codeOf(wanted, stage);
      if (code?.digest === wanted.code) same.push({ stage, code });
      else if (code) other = { code };
      // With the values of what it captures in its version, one is as good as another.
      if (same.length > 0 && wanted.salt === undefined) return same[0]!;
    }
    return same.length === 0 ? other : this.#amongSalted(wanted, same);
  }

  /** One that no call declares is looked for in what the modules export. */
  async #seek(
    wanted: WantedStage,
    { url, sought }: Pick<StageFinder, "url" | "sought">,
  ): Promise<FoundStage | Unfound> {
    const { findStage } = (await import(url)) as { readonly findStage: FindStage };
    const stage = findStage(sought, this.#exports);
    const code = stage && this.#codeOf(wanted, stage);
    if (!stage || !code) return {};
    if (code.digest !== wanted.code) return { code };
    return wanted.salt === undefined ? { stage, code } : this.#amongSalted(wanted, [{ stage, code }]);
  }

  /** The salt stands for what these capture: where that can be versioned all the same, it must be the same. */
  #amongSalted(wanted: WantedStage, same: readonly FoundStage[]): FoundStage | Unfound {
    const found = same.filter(({ stage }) => {
      const node = { name: wanted.node, definition: stage };
      return versionWithCaptured({ analyser: this.#analyser }, { node, stage }) === wanted.withCaptured;
    });
    if (found.length === 0) return { code: same[0]!.code, captured: true };
    if (found.length > 1 && wanted.withCaptured === undefined) {
      const message = `${wanted.node} cannot be told from other stages that are declared at the same place, in a thread`;
      fail("captured-variable", message, {
        node: wanted.node,
        hint: "give each of them a `name` or a `version` of its own, or pass what it captures as inputs",
      });
    }
    return found[0]!;
  }

  #codeOf(wanted: WantedStage, stage: StageNode): CodeVersion | undefined {
    if (this.#codes.has(stage)) return this.#codes.get(stage);
    let code: CodeVersion | undefined;
    try {
      const node = { name: wanted.node, definition: stage };
      code = functionsOf({ analyser: this.#analyser }, node, stage, functionArguments(stage));
    } catch (error) {
      if (!failureOf(error, "captured-variable")) throw error;
    }
    this.#codes.set(stage, code);
    return code;
  }

  #candidates({ kind, name, salt, checks, places }: WantedStage): readonly StageNode[] {
    for (; this.#looked < this.#declared.length; this.#looked++) {
      const node = this.#declared[this.#looked]!;
      const [frame] = node.site();
      if (!frame) continue;
      const place = placeText(this.#analyser.originalPlace(frame));
      const there = this.#byPlace.get(place);
      if (there) there.push(node);
      else this.#byPlace.set(place, [node]);
    }
    const there = this.#byPlace.get(placeText(places[0]!)) ?? [];
    return there.filter(
      (node) =>
        node.kind === kind &&
        node.name === name &&
        node.version === salt &&
        node.checks.length === checks &&
        this.#isAt(node, places),
    );
  }

  /** Whether a node was declared by these calls, whoever called the outermost of them. */
  #isAt(node: StageNode, places: readonly Place[]): boolean {
    const frames = node.site();
    return places.every((place, i) => {
      const frame = frames[i];
      return frame !== undefined && placeText(this.#analyser.originalPlace(frame)) === placeText(place);
    });
  }

  async #load({ entries, ours, modules }: WantedStage): Promise<void> {
    for (const [file, digest] of modules) registry.expect(file, digest);
    for (const entry of entries) {
      const loading = ours ? importModule(entry, { derived: this.#derived }) : importAsIs(entry);
      const exports = await Promise.race([loading, this.#held.promise]);
      if (exports) this.#exports.set(entry, exports);
    }
  }
}

/** As Node does without us, because that is how the thread of the run loaded it. */
async function importAsIs(entry: string): Promise<Record<string, unknown>> {
  registry.addRoot(entry);
  try {
    return await import(pathToFileURL(entry).href);
  } catch (error) {
    throw await explainLoadFailure(error, entry, registry);
  }
}

function placeText({ file, line, column }: Place): string {
  return `${line}:${column} ${file}`;
}
