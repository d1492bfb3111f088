import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { startDynamo, type LocalDynamo } from '../../../lib/local/dynamodb.ts';

describe('local dynamodb', () => {
  let dynamo: LocalDynamo;

  beforeEach(async () => {
    dynamo = await startDynamo({ tables: [{ name: 'shadows', partitionKey: 'pk', sortKey: 'sk' }] });
  });
  afterEach(async () => {
    await dynamo.stop();
  });

  const key = { pk: { S: 'vm' }, sk: { S: 'shadow' } };

  it('keeps items in tables that are ready when it is started', async () => {
    const client = dynamo.client();

    await client.send(new PutItemCommand({ TableName: 'shadows', Item: { ...key, version: { N: '1' } } }));
    const { Item } = await client.send(new GetItemCommand({ TableName: 'shadows', Key: key }));

    expect(Item).toEqual({ ...key, version: { N: '1' } });
    client.destroy();
  });

  it('refuses a conditional write whose condition does not hold', async () => {
    const client = dynamo.client();
    const create = new PutItemCommand({
      TableName: 'shadows',
      Item: key,
      ConditionExpression: 'attribute_not_exists(pk)',
    });

    await client.send(create);

    await expect(client.send(create)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    client.destroy();
  });

  it('has its items after a pause', async () => {
    const client = dynamo.client();
    await client.send(new PutItemCommand({ TableName: 'shadows', Item: key }));

    await dynamo.pause();
    await dynamo.resume();
    const { Item } = await client.send(new GetItemCommand({ TableName: 'shadows', Key: key }));

    expect(Item).toEqual(key);
    client.destroy();
  });
});
