import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { type Builder, type CacheOptions, Driver } from "sluice/dataflow";
import { FlowProject } from "./rig.ts";

/** Of modules that are given by their paths: any names go. */
type AnyBuilder = Builder<Readonly<Record<string, unknown>>>;

/** A project with modules of nodes that tell of each of their calls, in whichever thread: `note("node", value)`. */
export class BranchProject extends FlowProject {
  readonly #log = path.join(this.dir, "calls.log");

  /** Writes a module and gives its path. */
  module(text: string, file = "flow.ts"): string {
    return this.write(
      file,
      `import { appendFileSync } from "node:fs";
       import { isMainThread } from "node:worker_threads";
       import * as flow from "sluice/dataflow";
       const { cached, checkOutput, collect, each, extractFields, inject, parallel, pipeInput, source, step, when } = flow;
       const log = ${JSON.stringify(this.#log)};
       const note = <T>(node: string, value: T): T => (appendFileSync(log, node + " " + JSON.stringify(value) + "\\n"), value);
       ${text}`,
    );
  }

  /** A driver of a module; without a cache where the options are `false`. A text is a module of its own. */
  driver(text: string, options: CacheOptions | false = {}, change = (builder: AnyBuilder): AnyBuilder => builder) {
    // A module that is loaded stays loaded, so another text is another module.
    const file = this.module(text, `flow-${Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)}.ts`);
    const builder = change(Driver.builder().withModules(file));
    return (
      options === false ? builder : builder.withCache({ path: path.join(this.dir, "cache"), ...options })
    ).build();
  }

  /** The calls since the last look, sorted. */
  ran(): readonly string[] {
    const lines = existsSync(this.#log) ? readFileSync(this.#log, "utf8").split("\n").slice(0, -1) : [];
    rmSync(this.#log, { force: true });
    return lines.toSorted();
  }
}
