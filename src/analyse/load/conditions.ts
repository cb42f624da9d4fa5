/**
 * By what Node chooses among `exports` and `imports` of a package.json: its own conditions, and those that the process was
 * started with (`--conditions`, `-C`).
 */
export function conditionsOf(
  kind: "import" | "require",
  { execArgv, env }: Pick<NodeJS.Process, "execArgv" | "env"> = process,
): readonly string[] {
  const options = `${env.NODE_OPTIONS ?? ""} ${execArgv.join(" ")}`;
  const given = [...options.matchAll(/(?:^|\s)(?:-C|--conditions)(?:=|\s+)("?)(\S+?)\1(?=\s|$)/g)].map(
    (match) => match[2]!,
  );
  return ["node", kind, "module-sync", "node-addons", "default", ...given];
}
