// How a report looks: dark and light as the reader's system has it, and on paper. Loads nothing from anywhere.

import { html } from './html.js';

export const STYLE = html`<style>
:root { color-scheme: light dark; --page: #fbfaf7; --ink: #20242a; --soft: #5f6771; --rule: #dcd8d0; --card: #ffffff; --good: #1c7a3f; --bad: #b3261e; --doubt: #8a5a00;
  --c0: #1f5fa8; --c1: #c2570c; --c2: #23804a; --c3: #8a3fa0; --c4: #a8243a; --c5: #4b5563; }
@media (prefers-color-scheme: dark) { :root { --page: #16181c; --ink: #e6e4df; --soft: #a3a9b2; --rule: #363b43; --card: #1e2126; --good: #6fcf8e; --bad: #ff8a80; --doubt: #e8b65a;
  --c0: #7db4f0; --c1: #f2a35e; --c2: #7fd6a0; --c3: #d39be6; --c4: #f08a9b; --c5: #b3bac4; } }
* { box-sizing: border-box; }
html { background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--c0); }
nav ul, .legend, .facts { list-style: none; padding: 0; margin: .6rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
.lead { font-size: 1.1rem; }
.soft, caption, figcaption, summary { color: var(--soft); }
.verdict { display: inline-block; white-space: nowrap; padding: .05rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .doubt { color: var(--doubt); }
.facts { gap: .7rem; } .facts li { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .45rem .8rem; }
.facts b { display: block; font-size: 1.15rem; } .facts span { color: var(--soft); font-size: .85rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .8rem; }
figcaption { font-size: .9rem; margin-bottom: .3rem; }
.paper { width: fit-content; max-width: 100%; } .paper img { display: block; background: #fff; }
@media screen and (prefers-color-scheme: dark) { .paper img { filter: invert(.88) hue-rotate(180deg); } }
.chart > svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } svg .unit { fill: var(--ink); } svg .note { paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
.level { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 4; } .mark { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 1 3; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .band { stroke: none; opacity: .16; }
.s0 { --s: var(--c0); } .s1 { --s: var(--c1); } .s2 { --s: var(--c2); } .s3 { --s: var(--c3); } .s4 { --s: var(--c4); } .s5 { --s: var(--c5); }
.line { stroke: var(--s); } .band, .dot { fill: var(--s); }
.line.s1 { stroke-dasharray: 7 3; } .line.s2 { stroke-dasharray: 2 3; } .line.s3 { stroke-dasharray: 9 3 2 3; } .line.s4 { stroke-dasharray: 5 2; } .line.s5 { stroke-dasharray: 1 4; }
.legend li { display: flex; align-items: center; gap: .4rem; font-size: .85rem; } .legend svg { width: 28px; height: 8px; }
.point { stroke: var(--s, var(--soft)); stroke-width: 1.4; } .filled { fill: var(--s, var(--soft)); } .hollow { fill: none; opacity: .7; } .map { max-width: 36rem; } .map .legend svg { width: 12px; height: 12px; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .9rem; min-width: 50%; }
caption { text-align: left; padding-bottom: .3rem; font-size: .85rem; }
th, td { text-align: left; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; font-weight: 400; }
thead th { color: var(--soft); font-size: .85rem; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.text { min-width: 5rem; } td b { font-weight: 650; } code, pre { font: .85rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .8rem; overflow: auto; white-space: pre-wrap; }
summary { cursor: pointer; font-size: .85rem; margin-top: .3rem; } details[open] summary { margin-bottom: .4rem; }
.near table { table-layout: fixed; width: 100%; } .near img { display: block; width: 100%; height: auto; max-width: 8rem; } .near td, .near th { padding-right: .5rem; }
.matrix table { min-width: 0; } .matrix td, .matrix thead th { padding: .25rem .4rem; text-align: center; border: 1px solid var(--page); min-width: 2rem; } .matrix thead th { vertical-align: bottom; } .matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.hit, .miss { print-color-adjust: exact; background: color-mix(in srgb, var(--cell) calc(var(--share) * 75%), transparent); } .hit { --cell: var(--c2); } .miss { --cell: var(--c1); }
.puzzles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .8rem; }
.roomy { grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); } .row { display: flex; gap: .4rem; } .row > div { min-width: 0; } .row img { width: 100%; } .row span { font-size: .8rem; display: block; line-height: 1.2; }
.puzzles figcaption { font-size: .85rem; } .puzzles img { display: block; max-width: 100%; height: auto; margin: .3rem 0; }
img { image-rendering: pixelated; background: #808080; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { :root { --page: #fff; --ink: #000; --soft: #444; --rule: #ccc; --card: #fff; --c0: #1f5fa8; --c1: #c2570c; --c2: #23804a; --c3: #8a3fa0; --c4: #a8243a; --c5: #4b5563;
    --good: #1c7a3f; --bad: #b3261e; --doubt: #8a5a00; color-scheme: light; }
  html { font-size: 11px; } body { max-width: none; padding: 0; } nav, .chart details { display: none; } details::details-content { content-visibility: visible; display: block; } figure, tr, .facts { break-inside: avoid; } h2, h3 { break-after: avoid; } p.soft, caption, thead { break-after: avoid; } pre { columns: 2; } }
</style>`;
