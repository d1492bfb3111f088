import { join } from 'node:path';
import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IVpc, ISecurityGroup, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type ICommandHooks, NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledgeKeyGrants } from './acknowledge-key-grants.ts';

const root = join(import.meta.dirname, '../..');

/** Where a function may be put; none of its traffic leaves the VPC. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
}

/** What handlers differ in; all else is the factory's. */
export interface StageFunctionProps {
  /** Folder under `lambdas/`, service name in logs and metrics. */
  readonly name: 'replay' | 'lifecycle' | 'plan' | 'settle';
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
  /** Mebibytes; 1769 are one vCPU. */
  readonly memorySize: number;
  /** @default - outside of any VPC */
  readonly network?: FunctionNetwork | undefined;
  /**
   * Files that go with the bundle: name there to path here.
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * A handler of ours as a function: Node.js 24 on ARM, one ES module with everything in it (the SDK too, so that what was
 * tested is what runs), its own log group and a role that may do nothing but log and trace until something is granted.
 */
export function stageFunction(scope: Construct, id: string, props: StageFunctionProps): NodejsFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return new NodejsFunction(scope, id, {
    entry: join(root, 'lambdas', props.name, 'handler.ts'),
    handler: 'handler',
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memorySize,
    timeout: props.timeout,
    tracing: Tracing.ACTIVE,
    loggingFormat: LoggingFormat.JSON,
    logGroup,
    role: roleFor(scope, id, { logGroup, inVpc: props.network !== undefined }),
    ...props.network,
    environment: {
      POWERTOOLS_SERVICE_NAME: props.name,
      POWERTOOLS_METRICS_NAMESPACE: 'Shadowcast',
      NODE_OPTIONS: '--enable-source-maps',
      ...props.environment,
    },
    projectRoot: root,
    depsLockFilePath: join(root, 'package-lock.json'),
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ['module', 'main'],
      // Packages in CommonJS ask for node's own modules with require, which an ES module does not have.
      banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      externalModules: [],
      minify: true,
      keepNames: true,
      sourceMap: true,
      sourceMapMode: SourceMapMode.EXTERNAL,
      sourcesContent: false,
      target: 'node24',
      commandHooks: copying(props.files ?? {}),
    },
  });
}

function roleFor(scope: Construct, id: string, { logGroup, inVpc }: { logGroup: LogGroup; inVpc: boolean }): Role {
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  if (inVpc) {
    // What AWSLambdaVPCAccessExecutionRole grants but for logs; these actions know no resources.
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        resources: ['*'],
      }),
    );
  }
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: `X-Ray's calls, reading EC2${inVpc ? ' and the network interfaces of a function in a VPC' : ''} cannot be limited to resources`,
  });
  acknowledgeKeyGrants(role);
  return role;
}

/** Copies by node itself, so that the bundle is made alike on every system. */
function copying(files: Readonly<Record<string, string>>): ICommandHooks {
  const copy = (from: string, to: string): string =>
    `node -e "require('node:fs').copyFileSync(process.argv[1], process.argv[2])" "${from}" "${to}"`;
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_inputs, output) => Object.entries(files).map(([name, path]) => copy(path, join(output, name))),
  };
}
