import { dark, fonts, light, type Palette, pictureCss } from "../theme.ts";

/** The page's style sheet. */
export function pageCss(): string {
  return `${pictureCss()}
:root{${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:grid;grid-template:auto auto minmax(0,1fr)/minmax(0,1fr);background:var(--page);color:var(--text);font:13px/1.45 ${fonts};overflow:hidden}
[hidden]{display:none!important}
button,input{font:inherit;color:inherit}
button{cursor:pointer;border:1px solid var(--border);border-radius:7px;background:var(--card);padding:4px 10px}
button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
small{color:var(--muted);font-size:11.5px}
.glyph{width:16px;height:16px;flex:none;overflow:visible}
.bar{display:flex;gap:24px;align-items:center;padding:12px 18px 8px}
.about{min-width:0;flex:1}
h1{margin:0;font-size:17px;line-height:1.3;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.about p{margin:0;color:var(--muted);font-size:12px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.find{position:relative;width:min(340px,42vw)}
.find input{width:100%;padding:7px 12px;border:1px solid var(--border);border-radius:8px;background:var(--card)}
#results{position:absolute;right:0;z-index:3;width:max(100%,320px);max-width:90vw;max-height:60vh;overflow:auto;margin:6px 0 0;padding:5px;list-style:none;background:var(--page);border:1px solid var(--border);border-radius:10px;box-shadow:0 10px 30px #0004}
#results [aria-selected=true]>button{background:var(--card);border-color:var(--accent)}
#results .none{padding:6px 10px;color:var(--muted)}
#filters{display:flex;flex-wrap:wrap;gap:6px;padding:0 18px 10px;border-bottom:1px solid var(--border)}
#filters button{display:flex;gap:6px;align-items:center;padding:2px 9px;border-radius:20px}
#filters [aria-pressed=true]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
main{grid-area:3/1;min-height:0;min-width:0;position:relative;outline-offset:-3px}
.sheet,#drawing{display:block;width:100%;height:100%}
.live main{overflow:hidden;cursor:grab;touch-action:none;user-select:none;-webkit-user-select:none}
.live main:active{cursor:grabbing}
.live .sheet{position:absolute;left:0;top:0;transform-origin:0 0}
.live #drawing{width:auto;height:auto}
.live .card{cursor:pointer}
#drawing.busy{opacity:.5}
#drawing.some>.wires:not(.near),#drawing.some>.cards:not(.near){opacity:.22}
#drawing>.wires.near .wire{stroke:var(--accent);stroke-width:1.8}
#drawing .card:hover .box{stroke-width:2.2}
#drawing .card.chosen .box{stroke:var(--accent);stroke-width:3}
#drawing.far .card :is(text,.icon,.sign){visibility:hidden}
${farColours()}
.open main:focus-visible{outline:none}
#tools{position:fixed;left:18px;bottom:16px;display:none;gap:6px;z-index:1}
.live #tools{display:flex}
#tools button{background:var(--page);box-shadow:0 2px 8px #0002;min-width:34px}
#panel{grid-area:3/1;justify-self:end;position:relative;z-index:2;min-height:0;width:min(390px,92vw);overflow:auto;padding:18px 20px 28px;background:var(--page);border-left:1px solid var(--border);box-shadow:-10px 0 30px #0002}
#panel header{display:flex;gap:10px;align-items:flex-start;margin-right:34px}
#panel header .glyph{width:20px;height:20px;margin-top:2px}
#panel h2{margin:0;font-size:16px;line-height:1.3;overflow-wrap:anywhere}
#panel h3{margin:20px 0 6px;font-size:12px}
#panel p{margin:10px 0}
#panel .text{white-space:pre-wrap;overflow-wrap:anywhere}
#panel .failure{padding:8px 10px;border-radius:8px;border:1px solid var(--bad)}
#panel .close{position:absolute;right:16px;top:14px;padding:2px 9px;font-size:16px}
#panel .tag{display:inline-block;margin:0 6px 4px 0;padding:1px 9px;border-radius:20px;background:var(--card);border:1px solid var(--border)}
#panel .state{display:flex;gap:8px;align-items:center}
#panel .reasons{margin:8px 0;padding-left:18px;overflow-wrap:anywhere}
#panel .actions{display:flex;flex-wrap:wrap;gap:8px;margin-top:16px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:8px 0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.nodes{list-style:none;margin:0;padding:0}
.nodes>li{padding:1px 0}
.link{display:flex;gap:8px;align-items:center;width:100%;text-align:left;border-color:transparent;background:none;padding:4px 6px}
.link:hover{background:var(--card)}
.link .name{flex:0 1 auto;font-weight:500;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.link>:last-child:not(.name):not(:first-child){margin-left:auto}
.link small{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
dialog{max-width:520px;color:inherit;background:var(--page);border:1px solid var(--border);border-radius:12px;padding:20px 24px}
dialog h2{margin:0 0 10px;font-size:16px}
dialog form{margin-top:16px;text-align:right}
dialog::backdrop{background:#0007}
@media (max-width:700px){
.bar{flex-wrap:wrap;gap:8px}
.about{flex-basis:100%}
.find{width:100%}
#panel{align-self:end;width:100%;max-height:52vh;border-left:0;border-top:1px solid var(--border)}
}
@media (prefers-reduced-motion:no-preference){#drawing>.wires,#drawing>.cards{transition:opacity .12s}}
@media print{
:root{${variables(light)}}
body{display:block;overflow:visible}
.find,#tools,#panel{display:none!important}
.live .sheet{position:static;transform:none!important}
.live #drawing{width:100%;height:auto;max-height:88vh}
}
`;
}

/** Seen from afar a card is nothing but its colour, which then is stronger. */
function farColours(): string {
  const rule = ({ page, states }: Palette) =>
    Object.entries(states)
      .map(
        ([status, [, line]]) => `#drawing.far .${status} .box{fill:color-mix(in srgb,${line} 60%,${page});stroke:none}`,
      )
      .join("\n");
  return `${rule(light)}\n@media (prefers-color-scheme:dark){${rule(dark)}}`;
}

function variables({ page, card, border, text, muted, accent, states }: Palette): string {
  const pairs = { page, card, border, text, muted, accent, bad: states.failed[1] };
  return Object.entries(pairs)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");
}
