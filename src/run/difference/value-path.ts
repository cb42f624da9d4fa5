import { pathText, type Step } from "../../core/canonical/unversionable.ts";

/** The way from a value to a part of it, as a list that shares its beginning with others. */
export interface ValuePath {
  readonly parent: ValuePath | undefined;
  readonly step: Step;
}

export function textOfPath(path: ValuePath | undefined): string {
  const steps: Step[] = [];
  for (let at = path; at; at = at.parent) steps.push(at.step);
  return pathText(steps.reverse());
}
