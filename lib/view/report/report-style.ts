import { paletteCss } from '../svg/palette.ts';

/**
 * Colours of the lines of rules: ours is the palette's limit, because it is one; the peers go by Okabe and Ito and by dashes,
 * so that nothing rests on colour alone. The second value is the dark scheme's.
 */
const RULE_COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ['#0072b2', '#56b4e9'],
  ['#009e73', '#2fc79a'],
  ['#a0468a', '#e39ac6'],
  ['#8a6d00', '#e0b84c'],
  ['#5b6675', '#aab4c2'],
  ['#3b5bdb', '#91a7ff'],
];
/** Dashes of the lines, from one round of colours to the next. */
const DASHES = ['', '6 3', '2 2'] as const;

/** Stroke and dashes of the nth peer; oracles are dotted and grey, they are no rules that can be had. */
export function peerStroke(index: number): { readonly colour: string; readonly dash: string } {
  const round = Math.floor(index / RULE_COLOURS.length) % DASHES.length;
  return { colour: `var(--rule-${index % RULE_COLOURS.length})`, dash: DASHES[round] ?? '' };
}

const ruleVariables = (scheme: 0 | 1): string =>
  RULE_COLOURS.map((colours, index) => `--rule-${index}:${colours[scheme]}`).join(';');

/** The one style sheet of the reports: no font, picture or script comes from anywhere else. */
export const reportCss = (): string => `${paletteCss()}
:root{color-scheme:light dark;--page:#f5f7f9;--line:#dfe4ea;--hover:#eef3f8;--accent:#0b66b0;--good:#0b7a55;--bad:#b3261e;${ruleVariables(0)}}
@media (prefers-color-scheme:dark){:root{--page:#0f1318;--line:#29313b;--hover:#1d242d;--accent:#6cb8f0;--good:#4cc79b;--bad:#ff8a80;${ruleVariables(1)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--sc-text);font:14px/1.5 Inter,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-variant-numeric:tabular-nums}
header,main,body>footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{margin:0 0 6px;font-size:24px;line-height:1.25;letter-spacing:-.015em;text-wrap:balance}
h2{margin:0 0 4px;font-size:19px;letter-spacing:-.01em;overflow-wrap:anywhere}
h3{margin:0 0 6px;font-size:14px}
p{margin:0 0 8px;max-width:85ch}
.lead{font-size:16px}
.note,figcaption,footer,.facts{color:var(--sc-muted);font-size:12.5px}
code{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.card{background:var(--sc-surface);border:1px solid var(--line);border-radius:8px;padding:14px 16px;margin:0 0 14px;min-width:0}
.figures{display:flex;flex-wrap:wrap;gap:10px;margin:14px 0;padding:0;list-style:none}
.figures li{background:var(--sc-surface);border:1px solid var(--line);border-radius:8px;padding:8px 14px;min-width:120px;flex:1 1 150px}
.figures b{display:block;font-size:22px;line-height:1.25;letter-spacing:-.01em;white-space:nowrap}
.figures span{color:var(--sc-muted);font-size:12.5px}
.good{color:var(--good)}.bad{color:var(--bad)}
.picker{display:flex;flex-wrap:wrap;align-items:center;gap:8px 12px;margin:22px 0 12px}
select{font:inherit;color:inherit;background:var(--sc-surface);border:1px solid var(--line);border-radius:6px;padding:5px 8px;max-width:100%}
.panel{margin:0 0 34px;scroll-margin-top:12px}
.js .panel[hidden],.picker[hidden]{display:none}
.pair{display:grid;grid-template-columns:minmax(0,1.75fr) minmax(0,1fr);gap:14px}
figure{margin:0}
.line:hover path{stroke-width:4.5}
svg{display:block;width:100%;height:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:5px 10px;text-align:right;border-top:1px solid var(--line);white-space:nowrap}
thead th{border-top:0;white-space:normal;min-width:9ch;color:var(--sc-muted);font-weight:500;vertical-align:bottom;font-size:12.5px}
tbody th{font-weight:500;white-space:normal;min-width:13ch;overflow-wrap:anywhere}
th:first-child,td:first-child,.words,th.left,td.left{text-align:left}
td.words{white-space:normal;min-width:22ch}
.vms tbody th{white-space:nowrap;max-width:30ch;overflow:hidden;text-overflow:ellipsis}
tbody tr:hover{background:var(--hover)}
tr.ours th,tr.ours td{font-weight:650}
tr.oracle th,tr.oracle td{color:var(--sc-muted)}
td.plot{width:240px;min-width:170px;padding-block:2px}
.middle{text-align:center!important}
.chart svg{min-width:720px}
.plot-box svg{min-width:480px}
.legend{display:flex;flex-wrap:wrap;gap:3px 16px;margin:8px 0 0;padding:0;list-style:none;font-size:12.5px}
.legend li{display:flex;align-items:center;gap:6px}
.legend svg{width:26px;height:10px;flex:none}
details{margin:0 0 14px}
summary{cursor:pointer;padding:4px 0}
footer{padding-bottom:30px!important;border-top:1px solid var(--line);padding-top:12px!important}
@media (max-width:760px){header,main,body>footer{padding-inline:12px}h1{font-size:20px}.lead{font-size:15px}.pair{grid-template-columns:minmax(0,1fr)}.card{padding:11px 12px}.figures li{flex-basis:40%}th,td{padding:5px 7px}.vms tbody th{white-space:normal;max-width:none;min-width:11ch}}
@media print{body{background:none}.picker{display:none}.panel{break-inside:avoid}}
`;
