import { connect } from 'node:net';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { startKinesis, type LocalKinesis } from '../../../lib/local/kinesis.ts';

const STREAM = 'traces';

const put = (text: string) =>
  new PutRecordCommand({ StreamName: STREAM, PartitionKey: 'host', Data: Buffer.from(text) });

async function textsIn(kinesis: LocalKinesis): Promise<readonly string[]> {
  const client = kinesis.client();
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: STREAM,
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  client.destroy();
  return Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString());
}

describe('local kinesis', () => {
  let kinesis: LocalKinesis;

  beforeEach(async () => {
    kinesis = await startKinesis({ streams: [{ name: STREAM, shards: 1 }] });
  });
  afterEach(async () => {
    await kinesis.stop();
  });

  it('takes records as soon as it is started', async () => {
    const client = kinesis.client();

    const { ShardId } = await client.send(put('one'));
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: STREAM }));

    expect(ShardId).toBe('shardId-000000000000');
    expect(Shards).toHaveLength(1);
    client.destroy();
  });

  it('refuses connections while it is paused and has its records when it is back on the same port', async () => {
    const client = kinesis.client();
    await client.send(put('before'));

    await kinesis.pause();
    await expect(client.send(put('during'))).rejects.toThrow(/ECONNREFUSED/);
    await kinesis.resume();
    await client.send(put('after'));

    expect(await textsIn(kinesis)).toEqual(['before', 'after']);
    client.destroy();
  });

  it('survives a client that goes away in the middle of a request', async () => {
    const socket = connect(kinesis.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();

    expect(await textsIn(kinesis)).toEqual([]);
  });

  it('fails on a port that is taken', async () => {
    await expect(startKinesis({ streams: [], port: kinesis.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
