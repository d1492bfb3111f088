import { lifecycleHandler } from '../../../lambdas/lifecycle/lifecycle.ts';
import { decodeBatch } from '../../../lib/adapters/trace/wire.ts';
import type { Primary } from '../../../lib/core/trace/frame.ts';
import type { StreamRecord } from '../../../lib/ports/trace-stream.ts';
import { aContext, aQuietPlatform } from '../../support/platform.ts';

const VM = 'i-0123456789abcdef0';
const primary: Primary = { vm: VM, name: 'web', image: 'ami-1', actuator: 'ec2' };

const aChange = (state: string) => ({
  id: 'event-id-1',
  time: '2026-11-22T12:00:00Z',
  'detail-type': 'EC2 Instance State-change Notification',
  detail: { 'instance-id': VM, state },
});

const aLifecycle = ({ known = true, taken = true } = {}) => {
  const sent: StreamRecord[] = [];
  const handler = lifecycleHandler(
    {
      fleet: { describe: () => Promise.resolve(known ? primary : undefined), types: () => Promise.resolve(undefined) },
      stream: {
        put: (records) => {
          sent.push(...records);
          return Promise.resolve(records.map(() => taken));
        },
      },
    },
    aQuietPlatform(),
  );
  return { sent, handle: async (event: unknown) => handler(event, aContext()) };
};

describe('the lifecycle function', () => {
  it.each([
    ['pending', 'appeared'],
    ['running', 'resumed'],
    ['stopping', 'suspended'],
    ['stopped', 'suspended'],
    ['shutting-down', 'ended'],
    ['terminated', 'ended'],
  ])('puts %s as %s into the trace stream of the instance', async (state, kind) => {
    const { handle, sent } = aLifecycle();

    await handle(aChange(state));

    expect(sent.map(({ host }) => host)).toEqual([VM]);
    expect(decodeBatch(sent[0]!.data)).toMatchObject({
      host: VM,
      sequence: 1,
      events: [{ vm: VM, kind, at: Date.parse('2026-11-22T12:00:00Z') }],
    });
  });

  it('describes the instance with its image, and needs no description for its end', async () => {
    const { handle, sent } = aLifecycle();
    await handle(aChange('pending'));
    await handle(aChange('terminated'));

    expect(sent.map(({ data }) => decodeBatch(data).primaries ?? [])).toEqual([[primary], []]);
  });

  it('names the batch by the event, so that one delivered twice is counted once', async () => {
    const { handle, sent } = aLifecycle();
    await handle(aChange('running'));
    await handle(aChange('running'));

    const [first, second] = sent.map(({ data }) => decodeBatch(data));
    expect([first?.epoch, first?.sequence]).toEqual([second?.epoch, second?.sequence]);
  });

  it('leaves an instance alone that is not enrolled', async () => {
    const { handle, sent } = aLifecycle({ known: false });

    expect(await handle(aChange('running'))).toEqual({ vm: VM, kind: 'not-enrolled' });
    expect(sent).toEqual([]);
  });

  it('fails, so that EventBridge tries again, when the stream takes nothing', async () => {
    await expect(aLifecycle({ taken: false }).handle(aChange('running'))).rejects.toMatchObject({
      code: 'STREAM_UNAVAILABLE',
      retryable: true,
    });
  });

  it('fails on an event of another kind', async () => {
    await expect(aLifecycle().handle({ ...aChange('running'), 'detail-type': 'Other' })).rejects.toThrow(/detail-type/);
  });
});
