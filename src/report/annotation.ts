import type { RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import { shortPath } from "./place.ts";

/**
 * What tells GitHub Actions to mark a failure or a warning in the code; undefined for other events.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotation(event: RunEvent, cwd: string): string | undefined {
  if (event.type === "warning") return command("warning", event.failure, cwd);
  if (event.type === "node-finished" && event.status === "failed" && event.failure) {
    return command("error", event.failure, cwd);
  }
  return undefined;
}

function command(kind: "error" | "warning", { message, node, where }: Failure, cwd: string): string {
  const properties = [
    ...(where ? [`file=${property(shortPath(where.file, cwd))}`] : []),
    ...(where?.line === undefined ? [] : [`line=${where.line}`]),
    ...(where?.column === undefined ? [] : [`col=${where.column}`]),
    ...(node === undefined ? [] : [`title=${property(node)}`]),
  ];
  const text = sanitizeLines(message).map(data).join("%0A");
  return `::${kind}${properties.length > 0 ? ` ${properties.join(",")}` : ""}::${text}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25");
}

function property(text: string): string {
  return data(sanitize(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A line that is no command to GitHub Actions, whatever a stage or an error wrote into it. */
export function disarmed(line: string): string {
  return line.replace(/^(\s*)(::|##\[)/, "$1\\$2");
}
