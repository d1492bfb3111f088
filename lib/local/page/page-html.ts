import { readFileSync } from 'node:fs';
import { markup, Markup } from '../../view/markup.ts';
import { paletteCss } from '../../view/svg/palette.ts';

const asset = (name: string): Markup => new Markup(readFileSync(new URL(name, import.meta.url), 'utf8'));

const STYLE = asset('./page.css');
const SCRIPT = asset('./page.client.js');
const PALETTE = new Markup(paletteCss());
// the shape of the logo as a picture of its own: pages are not allowed to load anything
const ICON = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0072b2"/><path d="M5 23h6v-6h7v-6h9" fill="none" stroke="#fff" stroke-width="3"/><path d="M5 26c8 0 8-10 22-11" fill="none" stroke="#9fd4f5" stroke-width="2"/></svg>')}`;

/** The whole page in one document; style and script carry the nonce that the content security policy asks for. */
export function pageHtml(nonce: string): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shadowcast</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${PALETTE}
${STYLE}</style>
</head>
<body data-view="fleet">
<header class="top">
<a class="brand" href="#/"><svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#0072b2"/><path d="M5 23h6v-6h7v-6h9" fill="none" stroke="#fff" stroke-width="3"/><path d="M5 26c8 0 8-10 22-11" fill="none" stroke="#9fd4f5" stroke-width="2"/></svg><span>Shadowcast</span></a>
<dl id="counts"></dl>
<p id="link" role="status" class="waiting">connecting</p>
</header>
<main>
<section id="fleet" aria-label="Fleet"><p class="empty">Waiting for the first update.</p></section>
<section id="vm" aria-label="VM" tabindex="-1" hidden></section>
</main>
<footer>
<ul class="legend" aria-label="Legend">
<li><i class="key demand"></i>demand; a band where use was capped</li>
<li><i class="key limit"></i>limit in force</li>
<li><i class="key forecast"></i>forecast of the maximum demand</li>
<li><i class="key past"></i>what was forecast for then</li>
<li><i class="key resize"></i>resize; hollow where it did not come into force</li>
</ul>
</footer>
<noscript><p class="empty">This page renews itself with JavaScript; without it, see <a href="/api/fleet">the fleet as JSON</a>.</p></noscript>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`.text;
}
