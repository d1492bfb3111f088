import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page as Tab } from 'playwright-core';
import { chromiumPath, openBrowser } from '../support/view-browser.ts';

const ROOT = join(import.meta.dirname, '../..');
const executablePath = chromiumPath();
const isSkipped = executablePath === undefined && process.env['BROWSER_REQUIRED'] !== '1';
const why = isSkipped ? ' (skipped: no chromium at CHROMIUM_PATH or /usr/bin/chromium)' : '';
const describeWithBrowser = isSkipped ? describe.skip : describe;

/** Starts what `npm start` starts and resolves with the address that it says. */
const aRunningShadowcast = async (): Promise<{ child: ChildProcess; url: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'lib/cli/main.ts'), 'up', '--port', '0', '--for', '90s'], {
      cwd: ROOT,
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /live page: (http:\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve({ child, url });
    });
    child.once('exit', (code) => {
      reject(new Error(`it ended with ${code ?? 0} before it had a page: ${said}`));
    });
  });

describeWithBrowser(`npm start in a browser${why}`, () => {
  let browser: Browser | undefined;
  let tab: Tab;
  let running: { child: ChildProcess; url: string } | undefined;

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error('BROWSER_REQUIRED=1, but there is no chromium');
    [browser, running] = await Promise.all([openBrowser(executablePath), aRunningShadowcast()]);
    tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    const ended = new Promise((resolve) => running?.child.once('exit', resolve));
    running?.child.kill('SIGINT');
    if (running !== undefined) await ended;
  }, 60_000);

  it("shows a VM's chart move, and why its last decision was taken", async () => {
    await tab.goto(running!.url);
    await tab.click('tbody tr:has(td .change) th a', { timeout: 60_000 });
    const line = tab.locator('#vm [data-meter="cpu"] path.demand').first();
    const before = await line.getAttribute('d');

    const deadline = Date.now() + 30_000;
    while ((await line.getAttribute('d')) === before && Date.now() < deadline) await tab.waitForTimeout(100);
    expect(await line.getAttribute('d')).not.toBe(before);

    const decision = tab.locator('#vm .decisions li').first();
    await expect(decision.locator('.change').innerText()).resolves.toMatch(/→/);
    await expect(decision.locator('.because').innerText()).resolves.toMatch(
      /forecast p[\d.]+|held back at|was needed lately|needs/,
    );
  }, 120_000);
});
