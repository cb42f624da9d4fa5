/*
 * What a terminal can do, as its environment tells. Nothing is asked of the terminal itself: answers would have to be read from
 * what a person types.
 */

type Env = Readonly<Record<string, string | undefined>>;

/** Whether lines can be redrawn, and somebody may be looking: not in CI, even where it has a terminal. */
export function redraws({ CI, TERM }: Env, platform: NodeJS.Platform): boolean {
  if (CI !== undefined && CI !== "" && CI !== "0" && CI !== "false") return false;
  return TERM === undefined || TERM === "" ? platform === "win32" : TERM !== "dumb";
}

/** Whether more than ASCII is shown. The console of Windows and that of the Linux kernel have few characters. */
export function showsUnicode(env: Env, platform: NodeJS.Platform): boolean {
  if (platform === "win32") {
    const { ConEmuTask, TERM, TERMINAL_EMULATOR, TERM_PROGRAM, WT_SESSION } = env;
    if (WT_SESSION || ConEmuTask === "{cmd::Cmder}" || TERM_PROGRAM === "vscode") return true;
    return TERMINAL_EMULATOR === "JetBrains-JediTerm" || /^(?:xterm-256color|alacritty|rxvt-unicode)/.test(TERM ?? "");
  }
  if (env.TERM === "linux") return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  // with no locale, as in most containers, the terminal outside is one of today's
  return !locale.includes(".") || /\.utf-?8/i.test(locale);
}

/** Whether a window that gets narrower breaks the lines that are too long for it: xterm and screen cut them instead. */
export function reflows({ STY, XTERM_VERSION }: Env): boolean {
  return !STY && !XTERM_VERSION;
}
