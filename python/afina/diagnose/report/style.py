"""The page's style sheet: light and dark, readable on a phone and on paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --paper: #ffffff;
  --card: #f6f8fa; --train: #1f5fa8; --held: #d9622b; --warn: #b54708; --good: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --line: #333c48; --paper:
  #14181e; --card: #1c222b; --train: #6aa8f0; --held: #f0935f; --warn: #f5a45c; --good: #5cc58f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 980px; padding: 28px 20px 60px; color: var(--ink); background:
  var(--paper); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 26px; margin: 0 0 2px; }
h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 14px; margin: 18px 0 6px; color: var(--soft); font-weight: 600; }
p { margin: 6px 0; }
.soft { color: var(--soft); }
.numbers { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0 4px; }
.numbers div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px
  14px; }
.numbers b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.numbers span { color: var(--soft); font-size: 13px; }
.advice { border-left: 4px solid var(--warn); background: var(--card); padding: 10px 16px; margin: 10px 0;
  border-radius: 0 8px 8px 0; }
.advice.good { border-color: var(--good); }
.advice ul { margin: 6px 0 2px; padding-left: 20px; }
.charts { display: flex; flex-wrap: wrap; gap: 10px 26px; }
figure { margin: 0; overflow-x: auto; max-width: 100%; }
figcaption { font-size: 13px; color: var(--soft); margin: 0 0 2px; }
.key { display: inline-block; width: 18px; height: 3px; vertical-align: middle; margin: 0 4px 0 12px; }
.key.train { background: var(--train); }
.key.held { background: var(--held); }
svg { max-width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 11px; }
svg text.label { font-size: 12px; }
svg text.value { fill: var(--ink); }
svg text.bright { fill: var(--paper); }
.grid { stroke: var(--line); stroke-width: 1; }
.grid.strong { stroke: var(--soft); stroke-dasharray: 4 3; }
.axis { stroke: var(--soft); }
.line { fill: none; stroke-width: 2; }
.line.train, .line.rate { stroke: var(--train); }
.line.held { stroke: var(--held); }
.dot.train, .dot.rate { fill: var(--train); }
.dot.held { fill: var(--held); }
.mark { fill: none; stroke: var(--held); stroke-width: 2; }
.cell { fill: var(--train); }
.cell.other { fill: var(--held); }
.frame { fill: none; stroke: var(--line); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
.scroll { overflow-x: auto; }
th { text-align: right; font-weight: 600; color: var(--soft); }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); text-align: right; white-space:
  nowrap; }
th:first-child, td:first-child { text-align: left; }
td.bad { color: var(--warn); font-weight: 600; }
.pictures { display: flex; flex-wrap: wrap; gap: 14px; }
.pictures figure { width: 104px; }
.pictures img { width: 104px; height: 104px; object-fit: contain; image-rendering: pixelated; background:
  var(--card); border: 1px solid var(--line); border-radius: 6px; }
.pictures figcaption { line-height: 1.35; margin-top: 4px; }
.pictures b { color: var(--warn); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px;
  overflow-x: auto; font: 12.5px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
details summary { cursor: pointer; font-weight: 600; margin: 8px 0; }
@media print { details { display: block; } .advice, .numbers div, pre { break-inside: avoid; } }
""".strip()
