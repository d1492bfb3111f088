import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Fault, messageOf } from '../../core/fault.ts';
import { DAY_MS, type DurationMs, type EpochMs, type VmId } from '../../core/units.ts';
import type { EndedShadow, ShadowStore, StoredElder, StoredShadow } from '../../ports/shadow-store.ts';

/** How long an end is remembered: longer than any frame can be on its way (the stream keeps records for a day). */
const END_KEPT_MS = 7 * DAY_MS;

/** A primary that is silent for this long is gone, whether or not anybody said so. */
const SILENT_KEPT_MS = 30 * DAY_MS;

const keyOf = (vm: VmId): { pk: string; sk: string } => ({ pk: `SHADOW#${vm}`, sk: 'STATE' });
const elderKeyOf = (image: string): { pk: string; sk: string } => ({ pk: `IMAGE#${image}`, sk: 'ELDER' });
const secondsAfter = (at: EpochMs, kept: DurationMs): number => Math.ceil((at + kept) / 1000);

/**
 * Shadows in one DynamoDB table (keys `pk`, `sk`; TTL attribute `expires` in seconds).
 * Versions are guarded by conditional writes, so two writers can never both win.
 */
export function dynamoShadowStore(client: DynamoDBDocumentClient, table: string): ShadowStore {
  return {
    get: async (vm) => {
      const { Item } = await reaching(
        client.send(new GetCommand({ TableName: table, Key: keyOf(vm), ConsistentRead: true })),
      );
      return Item === undefined ? undefined : storedOf(vm, Item);
    },

    put: async ({ vm, version, state, seenAt }) => {
      const write = new PutCommand({
        TableName: table,
        Item: { ...keyOf(vm), version, state, seenAt, expires: secondsAfter(seenAt, SILENT_KEPT_MS) },
        ConditionExpression:
          version === 1
            ? 'attribute_not_exists(pk) OR attribute_exists(endedAt)'
            : 'version = :before AND attribute_not_exists(endedAt)',
        ...(version === 1 ? {} : { ExpressionAttributeValues: { ':before': version - 1 } }),
      });
      await reaching(
        client.send(write).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
          throw new Fault(
            'SHADOW_STALE_WRITE',
            `shadow of ${vm}: version ${version} was to follow ${version - 1}, but another version is stored: read it again`,
            { cause: error },
          );
        }),
      );
    },

    end: async (vm, endedAt) => {
      const write = new UpdateCommand({
        TableName: table,
        Key: keyOf(vm),
        UpdateExpression: 'SET endedAt = :at, expires = :expires ADD version :one REMOVE #state, seenAt',
        ConditionExpression: 'attribute_not_exists(endedAt) OR endedAt < :at',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':at': endedAt, ':expires': secondsAfter(endedAt, END_KEPT_MS), ':one': 1 },
      });
      await reaching(
        client.send(write).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
      );
    },

    ...eldersIn(client, table),
  };
}

function eldersIn(client: DynamoDBDocumentClient, table: string): Pick<ShadowStore, 'elder' | 'keepElder'> {
  return {
    elder: async (image) => {
      const { Item } = await reaching(
        client.send(new GetCommand({ TableName: table, Key: elderKeyOf(image), ConsistentRead: true })),
      );
      return Item === undefined ? undefined : elderFrom(image, Item);
    },

    keepElder: async ({ image, isGrown, state, seenAt }) => {
      const write = new PutCommand({
        TableName: table,
        Item: { ...elderKeyOf(image), isGrown, state, seenAt, expires: secondsAfter(seenAt, SILENT_KEPT_MS) },
        ...(!isGrown && {
          ConditionExpression: 'attribute_not_exists(pk) OR isGrown = :isGrown',
          ExpressionAttributeValues: { ':isGrown': false },
        }),
      });
      await reaching(
        client.send(write).catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
      );
    },
  };
}

function elderFrom(image: string, { isGrown, state, seenAt }: Record<string, unknown>): StoredElder {
  if (typeof isGrown !== 'boolean' || typeof seenAt !== 'number' || !(state instanceof Uint8Array))
    throw new Fault('SHADOW_FORMAT', `elder of ${image}: the stored item has no state`);
  return { image, isGrown, state, seenAt };
}

function storedOf(vm: VmId, item: Record<string, unknown>): StoredShadow | EndedShadow {
  const version = item['version'];
  if (typeof version !== 'number') throw new Fault('SHADOW_FORMAT', `shadow of ${vm}: the stored item has no version`);
  if (typeof item['endedAt'] === 'number') return { kind: 'ended', vm, version, endedAt: item['endedAt'] };
  if (!(item['state'] instanceof Uint8Array) || typeof item['seenAt'] !== 'number')
    throw new Fault('SHADOW_FORMAT', `shadow of ${vm}: the stored item has no state`);
  return { kind: 'live', vm, version, state: item['state'], seenAt: item['seenAt'] };
}

async function reaching<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('STORE_UNAVAILABLE', `the shadow table did not answer: ${messageOf(error)}`, {
      retryable: true,
      cause: error,
    });
  }
}
