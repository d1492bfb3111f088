import fc from 'fast-check';
import { anInstance, ec2Error, type Ec2Operation } from './support/ec2-instance.ts';
import { aPlan, runWorkflow } from './support/run-workflow.ts';

type Fate = 'carried out' | 'refused' | 'carried out, answer lost';

const fate = fc.constantFrom<Fate>('carried out', 'refused', 'carried out, answer lost');
/** Long runs of one fate, because single faults never get past the retries. */
const fates = fc
  .array(fc.tuple(fate, fc.integer({ min: 1, max: 15 })), { maxLength: 6 })
  .map((runs) => runs.flatMap(([of, times]) => Array<Fate>(times).fill(of)));
const script = fc.record<Record<Ec2Operation, Fate[]>>({
  describeInstances: fates,
  describeInstanceStatus: fates,
  stopInstances: fates,
  startInstances: fates,
  modifyInstanceAttribute: fates,
});
const health = fc.constantFrom<'ok' | 'impaired' | 'initializing'>('ok', 'impaired', 'initializing');

describe('the ec2 branch under any finite run of faults', () => {
  it('ends with the instance running, on the type that the one settled outcome tells', async () => {
    await fc.assert(
      fc.asyncProperty(script, health, async (left, onNewType) => {
        const next: Partial<Record<Ec2Operation, Fate | undefined>> = {};
        const instance = anInstance({
          before: (operation) => {
            next[operation] = left[operation].shift();
            if (next[operation] === 'refused') throw ec2Error('RequestLimitExceeded');
          },
          after: (operation) => {
            if (next[operation] === 'carried out, answer lost') throw ec2Error('SdkClientException');
          },
        });
        instance.health = () => (instance.type === 'm5.xlarge' ? onNewType : 'ok');

        const { settled, failedWith, pages } = await runWorkflow(aPlan(), { instance });

        const [{ state, kind } = { state: 'none', kind: 'none' }] = settled.map(({ result }) => result);
        expect({ in: instance.state, failedWith, settled: settled.length }).toEqual({
          in: 'running',
          failedWith: undefined,
          settled: 1,
        });
        if (state === 'applied') expect(instance.type).toBe('m5.xlarge');
        if (state === 'rolled-back' || kind === 'error') expect(instance.type).toBe('m5.large');
        if (state === 'failed') expect(pages.length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
