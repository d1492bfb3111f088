import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoShadowStore } from '../../lib/adapters/aws/dynamo-shadow-store.ts';
import { memoryShadowStore } from '../../lib/adapters/memory/shadow-store.ts';
import { startDynamo, type LocalDynamo } from '../../lib/local/dynamodb.ts';
import type { ShadowStore } from '../../lib/ports/shadow-store.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
let dynamo: LocalDynamo;
let client: DynamoDBDocumentClient;

beforeAll(async () => {
  dynamo = await startDynamo({ tables: [{ name: 'shadows', partitionKey: 'pk', sortKey: 'sk' }] });
  client = DynamoDBDocumentClient.from(dynamo.client(), { marshallOptions: { removeUndefinedValues: true } });
});

afterAll(async () => {
  client.destroy();
  await dynamo.stop();
});

const implementations: [name: string, make: () => ShadowStore][] = [
  ['memory', memoryShadowStore],
  ['dynamo', () => dynamoShadowStore(client, 'shadows')],
];

describe.each(implementations)('shadow store: %s', (name, make) => {
  it('gives back what was put, and nothing for a VM never seen', async () => {
    const store = make();
    const vm = `${name}/plain`;

    expect(await store.get(vm)).toBeUndefined();
    await store.put({ vm, version: 1, state: bytes(1, 2, 3), seenAt: 1_000 });
    await store.put({ vm, version: 2, state: bytes(4), seenAt: 1_000 });

    expect(await store.get(vm)).toEqual({ kind: 'live', vm, version: 2, state: bytes(4), seenAt: 1_000 });
  });

  it.each([[1], [3]])('refuses version %i over version 1', async (version) => {
    const store = make();
    const vm = `${name}/stale-${version}`;
    await store.put({ vm, version: 1, state: bytes(1), seenAt: 1_000 });

    await expect(store.put({ vm, version, state: bytes(9), seenAt: 1_000 })).rejects.toMatchObject({
      code: 'SHADOW_STALE_WRITE',
    });

    expect(await store.get(vm)).toMatchObject({ version: 1, state: bytes(1) });
  });

  it('keeps the elder of an image that came last, a grown one before one that is not', async () => {
    const store = make();
    const image = `${name}/ami-1`;
    const elder = (seenAt: number, isGrown: boolean) => ({ image, isGrown, state: bytes(seenAt), seenAt });

    expect(await store.elder(image)).toBeUndefined();
    for (const [kept, next] of [
      [elder(2, false), elder(2, false)],
      [elder(3, false), elder(3, false)],
      [elder(4, true), elder(4, true)],
      [elder(4, true), elder(5, false)],
      [elder(3, true), elder(3, true)],
      [elder(6, true), elder(6, true)],
    ] as const) {
      await store.keepElder(next);
      expect(await store.elder(image)).toEqual(kept);
    }
    expect(await store.elder(`${name}/ami-2`)).toBeUndefined();
  });

  it('refuses a first version that is not 1', async () => {
    await expect(make().put({ vm: `${name}/late`, version: 2, state: bytes(1), seenAt: 1_000 })).rejects.toMatchObject({
      code: 'SHADOW_STALE_WRITE',
    });
  });

  it('remembers an end, keeps the newest, and refuses to go on from before it', async () => {
    const store = make();
    const vm = `${name}/ended`;
    await store.put({ vm, version: 1, state: bytes(1), seenAt: 1_000 });

    await store.end(vm, 5_000);
    await store.end(vm, 4_000);

    expect(await store.get(vm)).toMatchObject({ kind: 'ended', endedAt: 5_000 });
    await expect(store.put({ vm, version: 2, state: bytes(2), seenAt: 1_000 })).rejects.toMatchObject({
      code: 'SHADOW_STALE_WRITE',
    });
  });

  it('lets a new life begin with version 1 after an end', async () => {
    const store = make();
    const vm = `${name}/again`;
    await store.end(vm, 5_000);

    await store.put({ vm, version: 1, state: bytes(7), seenAt: 1_000 });

    expect(await store.get(vm)).toMatchObject({ kind: 'live', version: 1, state: bytes(7) });
  });
});

it('says that the table did not answer, as a fault that may be retried', async () => {
  const store = dynamoShadowStore(client, 'no-such-table');

  await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
});
