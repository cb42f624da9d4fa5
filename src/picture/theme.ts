import type { Status } from "./model.ts";

/** Fonts that a reader's machine has: nothing is loaded. */
export const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

/** Colours by what they are for. Texts on their grounds have a contrast of 4.5 at least. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly border: string;
  readonly text: string;
  readonly muted: string;
  readonly wire: string;
  readonly accent: string;
  readonly frame: readonly [ground: string, line: string];
  /** Of each state: the ground of its cards, and its line. What is reused is outlined on the page, what runs is filled. */
  readonly states: Readonly<Record<Status, readonly [ground: string, line: string]>>;
}

export const light: Palette = {
  page: "#ffffff",
  card: "#f6f8fa",
  border: "#b4bdc8",
  text: "#1c2128",
  muted: "#57606a",
  wire: "#a5afbb",
  accent: "#0a5bd3",
  frame: ["#fafbfc", "#dde3ea"],
  states: {
    failed: ["#ffebe9", "#cf222e"],
    run: ["#d9e9ff", "#1968d2"],
    executed: ["#d9e9ff", "#1968d2"],
    maybe: ["#fff6d6", "#9a6700"],
    cancelled: ["#f6ecff", "#8250df"],
    skipped: ["#f1f3f5", "#6e7781"],
    hit: ["#ffffff", "#1a7f37"],
  },
};

export const dark: Palette = {
  page: "#0d1117",
  card: "#171c23",
  border: "#444c56",
  text: "#e9eef4",
  muted: "#a0a9b4",
  wire: "#56606c",
  accent: "#6cb0ff",
  frame: ["#11161d", "#2a313a"],
  states: {
    failed: ["#35181b", "#f56a63"],
    run: ["#12264a", "#5a9dff"],
    executed: ["#12264a", "#5a9dff"],
    maybe: ["#302608", "#d3a02a"],
    cancelled: ["#271b41", "#ac85f2"],
    skipped: ["#1b2027", "#8b949e"],
    hit: ["#0d1117", "#43b35b"],
  },
};

/** Whose colours a picture has: those that its reader prefers, or one of the two. */
export type Theme = "reader" | "light" | "dark";

/** What pictures look like, in daylight and at night; without variables, which not every program that shows SVG knows. */
export function pictureCss(theme: Theme = "reader"): string {
  const atNight = `@media (prefers-color-scheme:dark){\n${colours(dark)}\n}\n`;
  return `.sluice text{font-family:${fonts};white-space:pre}
.sluice .name{font-size:13px;font-weight:600}
.sluice .detail,.sluice .note{font-size:11px}
.sluice .group{font-size:11px;font-weight:600}
.sluice .title{font-size:18px;font-weight:600}
.sluice .wire{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.sluice .box{stroke-width:1.2}
.sluice .icon{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.sluice .sign path{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.sluice .maybe .box{stroke-dasharray:5 3}
.sluice .skipped .box,.sluice .cancelled .box{stroke-dasharray:1.5 3}
.sluice .failed .box{stroke-width:2}
.sluice .hit .box{stroke-width:1.6}
${colours(theme === "dark" ? dark : light)}
${theme === "reader" ? atNight : ""}`;
}

function colours({ page, card, border: edge, text, muted, wire, frame, states }: Palette): string {
  const rules = [
    `.sluice .page{fill:${page}}`,
    `.sluice .name,.sluice .title{fill:${text}}`,
    `.sluice .detail,.sluice .note,.sluice .group{fill:${muted}}`,
    `.sluice .frame rect{fill:${frame[0]};stroke:${frame[1]}}`,
    `.sluice .frame.within rect{fill:${page}}`,
    `.sluice .wire{stroke:${wire}}`,
    `.sluice .box{fill:${card};stroke:${edge}}`,
    `.sluice .override .box{stroke:${muted};stroke-dasharray:7 2}`,
    `.sluice .icon{stroke:${muted}}`,
    `.sluice .sign path{stroke:${page}}`,
  ];
  for (const [status, [ground, line]] of Object.entries(states)) {
    rules.push(`.sluice .${status} .box{fill:${ground};stroke:${line}}`);
    rules.push(
      `.sluice .${status} .icon{stroke:${line}}`,
      `.sluice .${status} circle,.sluice .bar.${status}{fill:${line}}`,
    );
  }
  return rules.join("\n");
}
