import { isDigest } from "../core/digest.ts";
import type { RunReason } from "../core/event.ts";
import { formatNumber } from "./quantity.ts";
import { sanitize } from "./sanitize.ts";

/** Why a node ran, in plain words on one line: `code: dropInvalid changed (lib/clean.ts:12)`, `param topN: 5 -> 10`. */
export function describeReason(reason: RunReason): string {
  return sanitize(describe(reason));
}

/** All reasons on one line; past the limit only how many more there are. */
export function describeReasons(reasons: readonly RunReason[], limit = 3): string {
  const shown = reasons.slice(0, limit).map(describeReason);
  const more = reasons.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${formatNumber(more)} more` : "");
}

function describe(reason: RunReason): string {
  const { kind, name, detail } = reason;
  switch (kind) {
    case "first-run":
      return remark("first run", detail);
    case "code":
      return `code: ${change(reason, name)}${within(reason)}${place(reason)}`;
    case "input":
    case "param":
    case "file":
    case "env":
    case "setting":
      return change(reason, name === undefined ? kind : `${kind} ${name}`) + place(reason);
    case "behaviour":
      return remark(name === undefined ? "always runs" : `always runs (${name})`, detail);
    case "missing-result":
      return remark(name === undefined ? "its result is gone" : `its result is gone (${name})`, detail);
    case "corrupt-result":
      return remark(name === undefined ? "its result was damaged" : `its result was damaged (${name})`, detail);
    case "expired":
      return remark("its result is too old", detail);
    case "evicted":
      return remark("its result was removed from the cache", detail);
    case "external":
      if (detail === "gone") return `what it wrote is gone: ${name}`;
      return remark(`what it wrote was changed: ${name}`, detail);
  }
}

/** The engine's one-word details, as the end of a sentence. */
const endings: Readonly<Record<string, string>> = {
  added: "was added",
  removed: "was removed",
  moved: "was moved",
  changed: "changed",
  "runs first": "runs first",
  "not cached": "is not cached",
};

/** `x changed`, `x: 5 -> 10`, `x was added`. */
function change({ before, after, detail }: RunReason, what: string | undefined): string {
  const subject = what === undefined ? "" : `${what} `;
  const ending = detail !== undefined && Object.hasOwn(endings, detail) ? endings[detail] : undefined;
  // two digests tell a person nothing that "changed" does not
  const told =
    what !== undefined && before !== undefined && after !== undefined && !isDigest(before) && !isDigest(after);
  if (told) return remark(`${what}: ${before} -> ${after}`, ending ? undefined : detail);
  return ending ? subject + ending : remark(`${subject}changed`, detail);
}

/** Which members of a class changed. */
function within({ members = [] }: RunReason): string {
  if (members.length === 0) return "";
  const more = members.length - mostMembers;
  return ` in ${members.slice(0, mostMembers).join(", ")}${more > 0 ? ` and ${formatNumber(more)} more` : ""}`;
}

const mostMembers = 4;

function remark(text: string, detail: string | undefined): string {
  return detail === undefined ? text : `${text}: ${detail}`;
}

function place({ name, file, line }: RunReason): string {
  if (file === undefined || file === name) return "";
  return line === undefined ? ` (${file})` : ` (${file}:${line})`;
}
