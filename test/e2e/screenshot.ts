import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromiumPath, openBrowser } from '../support/view-browser.ts';

/**
 * Takes the README's picture from a running page:
 * `node test/e2e/screenshot.ts --url http://127.0.0.1:7420/ --vm sim/web --out docs/images/page.png`.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    vm: { type: 'string' },
    out: { type: 'string', default: 'docs/images/page.png' },
    dark: { type: 'boolean', default: false },
  },
});
const MAX_BYTES = 300 * 1024;

const executablePath = chromiumPath();
if (executablePath === undefined || values.url === undefined) {
  process.stderr.write('wanted: --url of a running page, and chromium (CHROMIUM_PATH or /usr/bin/chromium)\n');
  process.exitCode = 2;
} else {
  const browser = await openBrowser(executablePath);
  const size = { width: 1280, height: 800 };
  const page = await browser.newPage({ viewport: size, colorScheme: values.dark ? 'dark' : 'light' });
  const fragment = values.vm === undefined ? '' : `#/vm/${encodeURIComponent(values.vm)}`;
  await page.goto(new URL(fragment, values.url).href);
  await page.waitForSelector(values.vm === undefined ? 'tbody tr' : '#vm .decisions');
  const picture = await page.screenshot();
  await browser.close();
  if (picture.length > MAX_BYTES) {
    process.stderr.write(`the picture has ${picture.length} bytes, wanted at most ${MAX_BYTES}\n`);
    process.exitCode = 1;
  } else {
    await writeFile(values.out, picture);
  }
}
