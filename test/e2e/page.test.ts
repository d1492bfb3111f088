import type { Browser, Page as Tab } from 'playwright-core';
import { startPage } from '../../lib/local/page/server.ts';
import { createFleet } from '../../lib/view/fleet-model.ts';
import { chromiumPath, openBrowser } from '../support/view-browser.ts';
import { aScriptedFleet } from '../support/view-scripted-fleet.ts';

interface RunningPage {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A page to look at, with VMs whose demand moves and whose resizes are decided: the one place to point elsewhere. */
const aRunningPage = async (): Promise<RunningPage> => {
  const fleet = createFleet();
  const script = aScriptedFleet(fleet.observer);
  const now = (): number => Math.floor(Date.now() / 1_000) * 1_000;
  for (let second = -90; second <= 0; second += 1) script.second(now() + second * 1_000);
  const timer = setInterval(() => {
    script.second(now());
  }, 250);
  const page = await startPage({ fleet, port: 0, every: 250 });
  return {
    url: page.url,
    stop: async () => {
      clearInterval(timer);
      await page.stop();
    },
  };
};

const executablePath = chromiumPath();
const isSkipped = executablePath === undefined && process.env['BROWSER_REQUIRED'] !== '1';
const why = isSkipped ? ' (skipped: no chromium at CHROMIUM_PATH or /usr/bin/chromium)' : '';
const describeWithBrowser = isSkipped ? describe.skip : describe;

describeWithBrowser(`the live page in a browser${why}`, () => {
  let browser: Browser | undefined;
  let tab: Tab;
  let page: RunningPage | undefined;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (executablePath === undefined)
      throw new Error('BROWSER_REQUIRED=1, but there is no chromium at CHROMIUM_PATH or /usr/bin/chromium');
    browser = await openBrowser(executablePath);
    page = await aRunningPage();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await page?.stop();
  });
  beforeEach(async () => {
    complaints.length = 0;
    tab = await browser!.newPage({ viewport: { width: 1280, height: 800 } });
    tab.on('pageerror', (error) => complaints.push(error.message));
    // a style or script that the page's own security policy refuses is told here
    tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await tab.goto(page!.url);
    await tab.waitForSelector('tbody tr');
  }, 60_000);
  afterEach(async () => {
    await tab.close();
  });

  it("sees a vm's chart move, and reads why its last decision was taken", async () => {
    await tab.click('tbody tr:has(td .change) th a');
    const line = tab.locator('#vm [data-meter="cpu"] path.demand').first();
    const before = await line.getAttribute('d');

    await expectSoon(async () => (await line.getAttribute('d')) !== before);

    const decision = tab.locator('#vm .decisions li').first();
    await expect(decision.locator('.change').innerText()).resolves.toMatch(/^(cpu|memory) .+ → .+ (vCPU|[MG]iB)$/);
    await expect(decision.locator('.because').innerText()).resolves.toMatch(/forecast p[\d.]+ .+ in \d+ s/);
    await expect(decision.locator('.outcome').innerText()).resolves.toMatch(/in force after \d+ ms|refused/);
    expect(complaints).toEqual([]);
  }, 60_000);

  it('is used with the keyboard alone, and keeps the focus while it renews itself', async () => {
    const first = tab.locator('tbody tr th a').first();
    await first.focus();
    const before = await tab.locator('tbody').innerHTML();

    await expectSoon(async () => (await tab.locator('tbody').innerHTML()) !== before);

    expect(await tab.locator('tbody tr th a:focus').count()).toBe(1);
    await tab.keyboard.press('Enter');
    await tab.waitForSelector('#vm h2');
    await tab.keyboard.press('Escape');
    await tab.waitForSelector('body[data-view="fleet"]');
  }, 60_000);

  it('fits on a phone without scrolling sideways', async () => {
    await tab.setViewportSize({ width: 360, height: 740 });
    const isWide = async () =>
      tab.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

    expect(await isWide()).toBe(false);
    await tab.click('tbody tr th a');
    await tab.waitForSelector('#vm .decisions');
    expect(await isWide()).toBe(false);
  }, 60_000);

  it('says how old its data is when the stream stops, and keeps showing it', async () => {
    const other = await aRunningPage();
    await tab.goto(other.url);
    await expectSoon(async () => (await tab.locator('#link').innerText()) === 'live');
    const rows = await tab.locator('tbody tr').count();

    await other.stop();

    await expectSoon(async () => /^last update \d+ s ago$/.test(await tab.locator('#link').innerText()));
    expect(rows).toBeGreaterThan(0);
    expect(await tab.locator('tbody tr').count()).toBe(rows);
  }, 60_000);
});

/** Waits until it is so, at most half a minute: the machine may be busy. */
async function expectSoon(isSo: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > until) throw new Error(`not so within half a minute: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
