import { Redactor } from "../platform/secrets.ts";
import type { Prepared } from "./prepare.ts";

/** Knows the secrets of a run: the environment variables and secret parameters that its sources read. */
export function redactorFor(prepared: Prepared): Redactor {
  const redactor = new Redactor();
  for (const [node, source] of prepared.sources) {
    const { definition } = node;
    if (definition.kind !== "env" && !(definition.kind === "param" && definition.secret)) continue;
    const value = source.value();
    if (typeof value === "string") redactor.add(value);
  }
  return redactor;
}
