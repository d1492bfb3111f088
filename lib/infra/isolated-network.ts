import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionNetwork } from './function-factory.ts';

/** What the handlers call; the event source polls the stream from outside of the VPC. */
const SERVICES = {
  KinesisStreams: InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
  StepFunctions: InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
  Ec2: InterfaceVpcEndpointAwsService.EC2,
};

/** Subnets without a route out: no gateway, no NAT, only endpoints of the services that the handlers call. */
export class IsolatedNetwork extends Construct {
  readonly functions: FunctionNetwork;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // As the interface: the class's optional members do not fit it under exactOptionalPropertyTypes.
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.71.0.0/24'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: { DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB } },
    }) as IVpc;
    vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY }),
      ),
    });
    const functions = new SecurityGroup(this, 'Functions', { vpc, description: 'Shadowcast functions' });
    const endpoints = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'Endpoints of the services that Shadowcast calls',
      allowAllOutbound: false,
    });
    endpoints.addIngressRule(functions, Port.tcp(443), 'from the functions');
    for (const [name, service] of Object.entries(SERVICES)) {
      vpc.addInterfaceEndpoint(name, { service, securityGroups: [endpoints], open: false });
    }
    this.functions = { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, securityGroups: [functions] };
  }
}
