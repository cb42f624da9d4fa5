import path from "node:path";
import { findPipeline } from "../../authoring/find-pipeline.ts";
import type { Loudness } from "../../report/output.ts";
import type { Call, ExitCode } from "../command.ts";
import type {
  cacheModeOptions,
  jsonOption,
  keysOption,
  limitOptions,
  OptionValues,
  planOptions,
  strictOption,
} from "../options.ts";
import { limitsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { watchRuns } from "./session.ts";

type Options = OptionValues<
  typeof planOptions &
    typeof limitOptions &
    typeof cacheModeOptions &
    typeof strictOption &
    typeof jsonOption &
    typeof keysOption & { readonly "keep-going": { readonly type: "boolean"; readonly help: string } }
>;

interface Given {
  readonly loudness: Loudness;
  readonly jobs?: number;
}

/** `sluice run --watch`, of a call that is right as far as that can be told without the pipeline. */
export function watchCall(
  call: Pick<Call, "args"> & { readonly options: Options; readonly terminal: Terminal },
  { loudness, jobs }: Given,
): Promise<ExitCode> {
  const { args, options, terminal } = call;
  const { set, cache, recompute, strict, json = false, "keep-going": keepGoing = false } = options;
  const cacheDir = options["cache-dir"];
  const work = {
    file: findPipeline(terminal.cwd, options.file),
    ...(cacheDir === undefined ? {} : { cacheDir: path.resolve(terminal.cwd, cacheDir) }),
    limits: limitsOf(options),
    targets: args,
    options: {
      ...(set ? { set } : {}),
      ...(cache ? { cache } : {}),
      ...(recompute ? { recompute } : {}),
      ...(strict ? { strict } : {}),
    },
    ...(jobs === undefined ? {} : { jobs }),
    keepGoing,
    argv: process.argv,
  };
  return watchRuns({ work, loudness, json, keys: !options["no-keys"], terminal });
}
