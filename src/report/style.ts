import { styleText } from "node:util";

/** Colours by meaning. Where colour is off, text comes back as it is. */
export interface Style {
  readonly color: boolean;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  /** What matters less. */
  dim(text: string): string;
  bold(text: string): string;
  /** Names of nodes. */
  name(text: string): string;
}

type Color = Parameters<typeof styleText>[0];

/** The style for a stream that takes colours, or for one that does not. */
export function createStyle(color: boolean): Style {
  const paint = (format: Color) => (text: string) =>
    color && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    color,
    good: paint("green"),
    bad: paint("red"),
    warn: paint("yellow"),
    dim: paint("dim"),
    bold: paint("bold"),
    name: paint("cyan"),
  };
}

interface ColorChoice {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--no-color` was given. */
  readonly noColor: boolean;
}

/**
 * Whether to colour: `--no-color`, then FORCE_COLOR, then NO_COLOR (https://no-color.org), then whether it is a terminal.
 */
export function wantsColor({ isTTY, env, noColor }: ColorChoice): boolean {
  if (noColor) return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== "dumb";
}
