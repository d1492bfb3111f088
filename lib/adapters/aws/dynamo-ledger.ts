import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { Fault, messageOf } from '../../core/fault.ts';
import type { Outcome, Plan } from '../../core/plan/plan.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import type { Claim, Ledger } from '../../ports/ledger.ts';

const lockKey = (vm: VmId): { pk: string; sk: string } => ({ pk: `LOCK#${vm}`, sk: 'LOCK' });
const planKey = (id: string): { pk: string; sk: string } => ({ pk: `PLAN#${id}`, sk: 'PLAN' });

/**
 * The ledger in the table of the shadows. Single-item conditional writes only (no transactions), in an order in which a
 * crash between any two leaves at worst a lock that runs out by itself: lock, fence, entry; then outcome, unlock.
 */
export function dynamoLedger(client: DynamoDBDocumentClient, table: string): Ledger {
  const lock = async (plan: Plan, now: EpochMs, until: EpochMs): Promise<Claim | undefined> => {
    const taken = await conditional(
      client.send(
        new PutCommand({
          TableName: table,
          Item: { ...lockKey(plan.vm), planId: plan.id, until, expires: Math.ceil(until / 1000) },
          ConditionExpression: 'attribute_not_exists(pk) OR planId = :plan OR #until < :now',
          ExpressionAttributeNames: { '#until': 'until' },
          ExpressionAttributeValues: { ':plan': plan.id, ':now': now },
        }),
      ),
    );
    if (taken) return undefined;
    const holder = await client.send(new GetCommand({ TableName: table, Key: lockKey(plan.vm), ConsistentRead: true }));
    return { kind: 'held', by: String(holder.Item?.['planId'] ?? 'a plan that has just ended') };
  };

  const nextFence = async (host: string): Promise<number> => {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `FENCE#${host}`, sk: 'FENCE' },
        UpdateExpression: 'ADD fence :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(Attributes?.['fence']);
  };

  const unlock = async (plan: Plan): Promise<void> => {
    await conditional(
      client.send(
        new DeleteCommand({
          TableName: table,
          Key: lockKey(plan.vm),
          ConditionExpression: 'planId = :plan',
          ExpressionAttributeValues: { ':plan': plan.id },
        }),
      ),
    );
  };

  return {
    claim: async (plan, now, until) =>
      reaching(async () => {
        const refusal = await lock(plan, now, until);
        if (refusal !== undefined) return refusal;
        const fence = await nextFence(plan.host);
        const open = await conditional(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { ...planKey(plan.id), plan: { ...plan, fence }, claimedAt: now },
              ConditionExpression: 'attribute_not_exists(outcome)',
            }),
          ),
        );
        if (open) return { kind: 'claimed', fence };
        await unlock(plan);
        return { kind: 'held', by: `${plan.id}, which has ended` };
      }),

    settle: async (plan, outcome) =>
      reaching(async () => {
        const first = await conditional(
          client.send(
            new UpdateCommand({
              TableName: table,
              Key: planKey(plan.id),
              UpdateExpression: 'SET outcome = :outcome, #plan = if_not_exists(#plan, :plan)',
              ConditionExpression: 'attribute_not_exists(outcome)',
              ExpressionAttributeNames: { '#plan': 'plan' },
              ExpressionAttributeValues: { ':outcome': outcome, ':plan': plan },
            }),
          ),
        );
        await unlock(plan);
        return first;
      }),

    outcomeOf: async (planId) =>
      reaching(async () => {
        const { Item } = await client.send(
          new GetCommand({ TableName: table, Key: planKey(planId), ConsistentRead: true }),
        );
        return Item?.['outcome'] as Outcome | undefined;
      }),
  };
}

/** Whether a conditional write went through; any other failure is thrown on. */
async function conditional(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('STORE_UNAVAILABLE', `the ledger did not answer: ${messageOf(error)}`, {
      retryable: true,
      cause: error,
    });
  }
}
