import { request } from 'node:http';
import { startPage } from '../../../lib/local/page/server.ts';
import { createFleet } from '../../../lib/view/fleet-model.ts';
import { anObservation, T0 } from '../../support/view-builders.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map(async (stop) => stop()));
});

const aPage = async () => {
  const fleet = createFleet({ now: () => T0 });
  const observation = anObservation();
  fleet.observer.applied('kvm1', observation.frame);
  fleet.observer.observed(observation);
  const page = await startPage({ fleet, port: 0, every: 20 });
  stops.push(page.stop);
  return page;
};

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

const ask = async (url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.once('error', reject).end();
  });

describe('startPage', () => {
  it('serves one document whose only script and style carry a fresh nonce', async () => {
    const { url } = await aPage();

    const [first, second] = [await ask(url), await ask(url)];

    const nonce = /script-src 'nonce-([^']+)'/.exec(String(first.headers['content-security-policy']))?.[1];
    expect(first.status).toBe(200);
    expect(first.body).toContain(`<script nonce="${nonce}">`);
    expect(first.body).toContain(`<style nonce="${nonce}">`);
    expect(first.body).not.toMatch(/ (src|style|onclick)="/);
    expect(second.body).not.toContain(`nonce="${nonce}"`);
  });

  it('serves the fleet and each vm as JSON and as fragments', async () => {
    const { url } = await aPage();

    const fleet = JSON.parse((await ask(`${url}api/fleet`)).body);
    expect(fleet).toMatchObject({ at: T0, vms: [{ vm: 'kvm1/web' }], counts: { frames: 1 } });
    expect(JSON.parse((await ask(`${url}api/vms/kvm1%2Fweb`)).body)).toMatchObject({ name: 'web' });
    expect((await ask(`${url}fragments/fleet?shown=kvm1%2Fweb`)).body).toContain('aria-current="true"');
    expect((await ask(`${url}fragments/vms/kvm1%2Fweb?width=300`)).body).toContain('viewBox="0 0 300 ');
    expect((await ask(`${url}healthz`)).body).toBe('ok\n');
  });

  it.each([
    ['width=1', 240],
    ['width=1e9', 1600],
    ['width=wide', 480],
    ['', 480],
  ])('holds a chart width of %p to %p', async (query, width) => {
    const { url } = await aPage();

    expect((await ask(`${url}fragments/vms/kvm1%2Fweb?${query}`)).body).toContain(`viewBox="0 0 ${width} `);
  });

  it.each(['nothing', 'api/vms/', 'api/vms/stranger', 'api/vms/%ff', 'fragments/vms/%', '..%2fpackage.json'])(
    'knows no %p',
    async (path) => {
      const { url } = await aPage();

      expect((await ask(url + path)).status).toBe(404);
    },
  );

  it('refuses a request in the name of another host, whichever its port', async () => {
    const { url } = await aPage();
    const statusAs = async (host: string) => (await ask(url, { headers: { host } })).status;

    expect(await statusAs('evil.example')).toBe(403);
    expect(await statusAs('127.0.0.1.evil.example:7420')).toBe(403);
    expect(await statusAs('localhost:9999')).toBe(200);
    expect(await statusAs('[::1]:7420')).toBe(200);
  });

  it('refuses to be written to', async () => {
    const { url } = await aPage();

    expect(await ask(`${url}api/fleet`, { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await ask(url, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('answers for a part that fails and keeps serving the rest', async () => {
    const fleet = createFleet();
    const broken = () => {
      throw new Error('no view today');
    };
    const page = await startPage({ fleet: { ...fleet, view: broken }, port: 0 });
    stops.push(page.stop);

    expect(await ask(`${page.url}api/fleet`)).toMatchObject({
      status: 500,
      body: expect.stringContaining('no view today'),
    });
    expect(await ask(`${page.url}healthz`)).toMatchObject({ status: 200 });
  });

  it('streams a tick at once and another one each interval', async () => {
    const { url } = await aPage();
    const response = await fetch(`${url}events`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();

    let text = '';
    while ((text.match(/event: tick/g) ?? []).length < 3) text += (await reader.read()).value ?? '';
    await reader.cancel();

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text).toMatch(/^retry: 1000\n\n/);
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({
      counts: { frames: 1, vms: 1 },
      countsHtml: expect.stringContaining('VMs'),
    });
  });

  it('says which port is taken and what to do', async () => {
    const { url } = await aPage();
    const port = Number(new URL(url).port);

    await expect(startPage({ fleet: createFleet(), port })).rejects.toMatchObject({
      code: 'USAGE',
      retryable: true,
      message: `port ${port} of 127.0.0.1 is in use by another program, wanted for the page: choose another one, or 0 for any free one`,
    });
  });

  it('refuses to be reachable from other machines', async () => {
    const started = startPage({ fleet: createFleet(), port: 0, host: '0.0.0.0' });

    await expect(started).rejects.toMatchObject({ code: 'USAGE', retryable: false });
  });

  it('frees its port on stop, open streams or not', async () => {
    const page = await aPage();
    const stream = await fetch(`${page.url}events`);

    await page.stop();

    await expect(stream.text()).resolves.toContain('tick');
    const again = await startPage({ fleet: createFleet(), port: Number(new URL(page.url).port) });
    stops.push(again.stop);
  });
});
