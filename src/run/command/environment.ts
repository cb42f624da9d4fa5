/** What tells where programs, their libraries and their settings are; it is passed on, and does not count. */
const found =
  process.platform === "win32"
    ? "PATH Path PATHEXT SystemRoot SystemDrive ComSpec USERPROFILE APPDATA LOCALAPPDATA ProgramFiles ProgramData".split(
        " ",
      )
    : ["PATH", "HOME"];

/** What would make one machine give another result than the next, made the same everywhere. Names of UTF-8 differ. */
const fixed: Readonly<Record<string, string>> = {
  ...(process.platform === "darwin" ? { LC_CTYPE: "UTF-8" } : { LANG: "C.UTF-8" }),
  TZ: "UTC",
};

/**
 * The environment of a command: where programs are found, a language and a time zone that are the same everywhere, a folder for
 * temporary files, and what the command asks for.
 */
export function commandEnvironment(
  around: NodeJS.ProcessEnv,
  tmp: string,
  wanted: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const name of found) {
    const value = around[name];
    if (value !== undefined) env[name] = value;
  }
  const temporary = process.platform === "win32" ? { TEMP: tmp, TMP: tmp } : { TMPDIR: tmp };
  return { ...env, ...fixed, ...temporary, ...wanted };
}
