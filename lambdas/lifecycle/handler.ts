import { z } from 'zod';
import { ec2Client, kinesisClient } from '../../lib/adapters/aws/clients.ts';
import { ec2InstanceFleet } from '../../lib/adapters/aws/ec2-instance-fleet.ts';
import { kinesisTraceStream } from '../../lib/adapters/aws/kinesis-trace-stream.ts';
import { enrolEnv, envOf } from '../platform/env.ts';
import { platformOfEnv } from '../platform/with-platform.ts';
import { lifecycleHandler } from './lifecycle.ts';

const env = envOf({ STREAM_NAME: z.string().min(1), ...enrolEnv });

export const handler = lifecycleHandler(
  { fleet: ec2InstanceFleet(ec2Client(), env.ENROL_TAG), stream: kinesisTraceStream(kinesisClient(), env.STREAM_NAME) },
  platformOfEnv(),
);
