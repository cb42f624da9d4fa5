import type { Site } from "../../../core/node.ts";
import type { Appended } from "./appended.ts";
import type { FunctionSources } from "./function-syntax.ts";
import type { GivenModule } from "./given-modules.ts";

/** How the compiler names the type of a module's exports; `any` where nothing tells. */
export function moduleType(module: GivenModule, sources: FunctionSources, appended: Appended): string {
  if (module.file !== undefined) return `typeof import(${JSON.stringify(module.file)})`;
  // What an import gave, or an object: what the call was given is in its source.
  const call = sources.call(module.call, "withModules");
  const argument = call?.arguments[module.index];
  if (!call || !argument || call.arguments.some((each) => each.getText().startsWith("..."))) return "any";
  return appended.typeOf(call.getSourceFile().fileName, argument.getText());
}

/** How the compiler names the type that `withInputs` was given; undefined where there is none. */
export function knownInputsType(
  call: Site | undefined,
  sources: FunctionSources,
  appended: Appended,
): string | undefined {
  const found = call && sources.call(call, "withInputs");
  const type = found?.typeArguments?.[0];
  return type && appended.type(type.getSourceFile().fileName, type.getText());
}
