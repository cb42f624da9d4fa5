import { type CacheOptions, Driver, type Hook } from "sluice/dataflow";
import { FlowProject } from "../rig.ts";

/** A project with drivers that have hooks. */
export class HookProject extends FlowProject {
  readonly #modules: string[] = [];
  #drivers: Driver[] = [];

  /** A driver of a module's text; `ran` in it notes that a function was called. */
  driver(text: string, hooks: readonly Hook[], cache: CacheOptions | false = {}): Driver {
    const imports = 'import * as flow from "sluice/dataflow";';
    const note = "const ran = (name: string): number => ((globalThis as any).hooksRan ??= []).push(name);";
    if (!this.#modules.includes(text)) this.#modules.push(text);
    const file = this.write(`flow${this.#modules.indexOf(text)}/flow.ts`, `${imports}\n${note}\n${text}`);
    const builder = Driver.builder()
      .withModules(file)
      .withHooks(...hooks);
    const cached = cache === false ? builder : builder.withCache({ path: `${this.dir}/cache`, ...cache });
    const driver = cached.build();
    this.#drivers.push(driver);
    return driver;
  }

  async end(): Promise<void> {
    await Promise.all(this.#drivers.map((driver) => driver.close()));
    this[Symbol.dispose]();
  }
}

/** The functions that were called since the last look. */
export function ran(): readonly string[] {
  return ((globalThis as { hooksRan?: string[] }).hooksRan?.splice(0) ?? []).toSorted();
}

/** What is written to it. */
export class Written {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}
