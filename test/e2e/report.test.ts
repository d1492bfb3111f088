import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page as Tab } from 'playwright-core';
import type { Comparison } from '../../lib/core/score/comparison.ts';
import { comparisonHtml } from '../../lib/view/report/comparison-html.ts';
import { tempDirs } from '../support/temp-dir.ts';
import { chromiumPath, openBrowser } from '../support/view-browser.ts';

const GOLDEN = new URL('../golden/score/comparison.json', import.meta.url);
const executablePath = chromiumPath();
const isSkipped = executablePath === undefined && process.env['BROWSER_REQUIRED'] !== '1';
const why = isSkipped ? ' (skipped: no chromium at CHROMIUM_PATH or /usr/bin/chromium)' : '';
const describeWithBrowser = isSkipped ? describe.skip : describe;

describeWithBrowser(`the comparison page in a browser${why}`, () => {
  const tempDir = tempDirs();
  let browser: Browser | undefined;
  let url = '';

  beforeAll(async () => {
    if (executablePath === undefined)
      throw new Error('BROWSER_REQUIRED=1, but there is no chromium at CHROMIUM_PATH or /usr/bin/chromium');
    browser = await openBrowser(executablePath);
    const path = join(tempDir(), 'comparison.html');
    writeFileSync(path, comparisonHtml(JSON.parse(readFileSync(GOLDEN, 'utf8')) as Comparison));
    url = pathToFileURL(path).href;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
  });

  const open = async (options: {
    javaScriptEnabled?: boolean;
    width?: number;
  }): Promise<{ tab: Tab; asked: string[] }> => {
    const { javaScriptEnabled = true, width = 1200 } = options;
    const tab = await browser!.newPage({ javaScriptEnabled, viewport: { width, height: 800 } });
    const asked: string[] = [];
    tab.on('request', (request) => asked.push(request.url()));
    tab.on('pageerror', (error) => asked.push(error.message));
    await tab.goto(url);
    return { tab, asked };
  };
  const shown = async (tab: Tab): Promise<string[]> => tab.locator('.panel:visible h2').allInnerTexts();

  it('shows one meter at a time, chosen in the list or in the overview, and asks nobody for anything', async () => {
    const { tab, asked } = await open({});

    expect(await shown(tab)).toEqual(['web: cpu']);
    await tab.selectOption('#shown', { label: 'web, memory' });
    expect(await shown(tab)).toEqual(['web: memory']);
    await tab.click('text=short, network out >> nth=0');
    await tab.waitForSelector('#short-net_tx:visible');
    expect(await shown(tab)).toEqual(['short: network out']);
    await tab.selectOption('#shown', { label: 'all' });
    expect(await shown(tab)).toHaveLength(3);
    expect(asked).toEqual([url]);
    await tab.close();
  }, 60_000);

  it('shows everything without scripts', async () => {
    const { tab } = await open({ javaScriptEnabled: false });

    expect(await shown(tab)).toEqual(['web: cpu', 'web: memory', 'short: network out']);
    expect(await tab.locator('#shown:visible').count()).toBe(0);
    await tab.close();
  }, 60_000);

  it('fits on a phone without scrolling sideways', async () => {
    const { tab } = await open({ width: 360 });

    const isWide = await tab.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

    expect(isWide).toBe(false);
    await tab.close();
  }, 60_000);
});
