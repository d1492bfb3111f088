import { markup, Markup } from '../markup.ts';
import { reportCss } from './report-style.ts';

/** One document with all that it needs inside. */
export function reportPage({ title, body, script }: { title: string; body: Markup; script?: string }): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(reportCss())}</style>
</head>
<body>
${body}
${script !== undefined && markup`<script>${new Markup(script)}</script>`}
</body>
</html>
`.text;
}
