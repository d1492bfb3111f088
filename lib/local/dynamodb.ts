import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { AwsTarget } from '../adapters/aws/clients.ts';
import { embed, openListener, type Listener } from './listener.ts';
import { localTarget } from './target.ts';

/** A running DynamoDB-compatible server with its tables ACTIVE. Items are kept in memory while the process lives. */
export interface LocalDynamo extends Pick<Listener, 'endpoint' | 'port' | 'pause' | 'resume'> {
  /** What any client of it is built with. */
  readonly target: AwsTarget;
  /** A new client; the caller destroys it. */
  client: () => DynamoDBClient;
  stop: () => Promise<void>;
}

/** A table with string keys, billed on demand. */
export interface TableDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
}

export interface DynamoOptions {
  readonly tables: readonly TableDefinition[];
  /** 0, the default, takes a free port. */
  readonly port?: number;
}

/** Starts dynalite in this process. It has no transactions, no TTL and no streams: rest on conditional writes. */
export async function startDynamo({ tables, port = 0 }: DynamoOptions): Promise<LocalDynamo> {
  const listener = await openListener(embed(dynalite({ createTableMs: 0 })), port);
  const target = localTarget(listener.endpoint);
  const client = () => new DynamoDBClient(target);
  const maker = client();
  try {
    for (const table of tables) await maker.send(new CreateTableCommand(createTableInput(table)));
  } catch (error) {
    await listener.stop();
    throw error;
  } finally {
    maker.destroy();
  }
  const { endpoint, pause, resume, stop } = listener;
  return { endpoint, port: listener.port, target, pause, resume, stop, client };
}

function createTableInput({ name, partitionKey, sortKey }: TableDefinition): CreateTableCommandInput {
  const keys = [
    { name: partitionKey, type: 'HASH' as const },
    ...(sortKey === undefined ? [] : [{ name: sortKey, type: 'RANGE' as const }]),
  ];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: 'S' })),
    KeySchema: keys.map((key) => ({ AttributeName: key.name, KeyType: key.type })),
  };
}
