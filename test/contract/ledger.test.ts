import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoLedger } from '../../lib/adapters/aws/dynamo-ledger.ts';
import { memoryLedger } from '../../lib/adapters/memory/ledger.ts';
import type { Outcome } from '../../lib/core/plan/plan.ts';
import { startDynamo, type LocalDynamo } from '../../lib/local/dynamodb.ts';
import type { Ledger } from '../../lib/ports/ledger.ts';
import { aPlan } from '../support/builders.ts';

let dynamo: LocalDynamo;
let client: DynamoDBDocumentClient;
let made = 0;

beforeAll(async () => {
  dynamo = await startDynamo({ tables: [{ name: 'shadows', partitionKey: 'pk', sortKey: 'sk' }] });
  client = DynamoDBDocumentClient.from(dynamo.client(), { marshallOptions: { removeUndefinedValues: true } });
});

afterAll(async () => {
  client.destroy();
  await dynamo.stop();
});

const implementations: [name: string, make: () => Ledger][] = [
  ['memory', memoryLedger],
  ['dynamo', () => dynamoLedger(client, 'shadows')],
];

const anOutcome = (planId: string, because = 'done'): Outcome => ({
  planId,
  vm: 'kvm1/web',
  state: 'applied',
  inForce: { cpu: 2 },
  inForceAt: 1_000_500,
  because,
});

/** A host and VM of its own for each test: the DynamoDB table is shared. */
const apart = (): { vm: string; host: string; plan: (id: string) => ReturnType<typeof aPlan> } => {
  made += 1;
  const [vm, host, prefix] = [`host${made}/web`, `host${made}`, `t${made}-`];
  return { vm, host, plan: (id) => aPlan({ id: prefix + id, vm, host }) };
};

describe.each(implementations)('ledger: %s', (_name, make) => {
  it('keeps a second plan off a VM that is held, and says by which plan', async () => {
    const ledger = make();
    const { plan } = apart();

    expect(await ledger.claim(plan('a'), 1_000, 2_000)).toMatchObject({ kind: 'claimed' });

    expect(await ledger.claim(plan('b'), 1_500, 2_500)).toEqual({ kind: 'held', by: plan('a').id });
  });

  it('gives a host fencing numbers that only grow', async () => {
    const ledger = make();
    const { plan } = apart();
    const fences: number[] = [];

    for (const id of ['a', 'b', 'c']) {
      const claim = await ledger.claim(plan(id), 1_000, 2_000);
      fences.push(claim.kind === 'claimed' ? claim.fence : Number.NaN);
      await ledger.settle(plan(id), anOutcome(plan(id).id));
    }

    expect(fences).toEqual([1, 2, 3]);
  });

  it('lets the same plan claim again, with a higher fence', async () => {
    const ledger = make();
    const { plan } = apart();

    await ledger.claim(plan('a'), 1_000, 2_000);

    expect(await ledger.claim(plan('a'), 1_100, 2_000)).toEqual({ kind: 'claimed', fence: 2 });
  });

  it('takes over a lock that has run out', async () => {
    const ledger = make();
    const { plan } = apart();
    await ledger.claim(plan('a'), 1_000, 2_000);

    expect(await ledger.claim(plan('b'), 2_001, 3_000)).toMatchObject({ kind: 'claimed' });
  });

  it('records an outcome once and unlocks', async () => {
    const ledger = make();
    const { plan } = apart();
    await ledger.claim(plan('a'), 1_000, 2_000);

    expect(await ledger.settle(plan('a'), anOutcome(plan('a').id, 'first'))).toBe(true);
    expect(await ledger.settle(plan('a'), anOutcome(plan('a').id, 'second'))).toBe(false);

    expect(await ledger.outcomeOf(plan('a').id)).toEqual(anOutcome(plan('a').id, 'first'));
    expect(await ledger.claim(plan('b'), 1_200, 2_200)).toMatchObject({ kind: 'claimed' });
  });

  it('does not let a settled plan claim again', async () => {
    const ledger = make();
    const { plan } = apart();
    await ledger.claim(plan('a'), 1_000, 2_000);
    await ledger.settle(plan('a'), anOutcome(plan('a').id));

    expect(await ledger.claim(plan('a'), 1_100, 2_100)).toMatchObject({ kind: 'held' });
    expect(await ledger.claim(plan('b'), 1_200, 2_200)).toMatchObject({ kind: 'claimed' });
  });

  it('leaves the lock of another plan alone when a late outcome comes in', async () => {
    const ledger = make();
    const { plan } = apart();
    await ledger.claim(plan('a'), 1_000, 2_000);
    await ledger.claim(plan('b'), 2_500, 3_500);

    await ledger.settle(plan('a'), anOutcome(plan('a').id));

    expect(await ledger.claim(plan('c'), 2_600, 3_600)).toEqual({ kind: 'held', by: plan('b').id });
  });

  it('knows no outcome of a plan that has none', async () => {
    expect(await make().outcomeOf('never')).toBeUndefined();
  });
});
