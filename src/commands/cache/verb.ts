import { fail } from "../../core/failure.ts";
import type { Workspace } from "../../run/workspace.ts";
import { type Call, type Command, defineCommand, type ExitCode } from "../command.ts";
import { cacheOptions, jsonOption, type OptionSpecs } from "../options.ts";
import { withWorkspace } from "../project.ts";

/** Options that every verb of `sluice cache` takes. */
export const verbOptions = { ...cacheOptions, ...jsonOption } as const satisfies OptionSpecs;

type VerbOptions<Specs extends OptionSpecs> = Specs & typeof verbOptions;

/** One call of a verb, with the cache open. */
export interface VerbCall<Specs extends OptionSpecs = Readonly<Record<never, never>>> extends Call<VerbOptions<Specs>> {
  readonly workspace: Workspace;
}

interface Verb<Specs extends OptionSpecs> extends Pick<Command, "summary" | "details" | "arguments"> {
  /** The word after `sluice cache`. */
  readonly name: string;
  /** Beside those of every verb. */
  readonly options: Specs;
  action(call: VerbCall<Specs>): Promise<ExitCode>;
}

/** Declares a verb of `sluice cache` that needs the cache open, and no pipeline loaded. */
export function defineVerb<const Specs extends OptionSpecs>(verb: Verb<Specs>): Command<VerbOptions<Specs>> {
  const { name, options, action, ...rest } = verb;
  return defineCommand<VerbOptions<Specs>>({
    ...rest,
    name: `cache ${name}`,
    options: { ...options, ...verbOptions },
    run: (call) => withWorkspace(call.options, call.terminal, (workspace) => action({ ...call, workspace })),
  });
}

/** @throws SluiceError `read-only` where the cache cannot be changed */
export function mustBeWritable({ metadata, cacheDir }: Pick<Workspace, "metadata" | "cacheDir">): void {
  if (!metadata.readOnly && cacheDir !== undefined) return;
  fail("read-only", "the cache cannot be changed", {
    ...(cacheDir === undefined ? {} : { where: { file: cacheDir } }),
    hint: "check its permissions, or use another --cache-dir",
  });
}
