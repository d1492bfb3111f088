import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { InstanceProfile, ManagedPolicy, Role, ServicePrincipal, type IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface HostsProps {
  readonly agentPolicy: IManagedPolicy;
}

/** Roles for machines that run the agent: one for EC2 guests, one for hosts registered through an SSM hybrid activation. */
export class Hosts extends Construct {
  constructor(scope: Construct, id: string, { agentPolicy }: HostsProps) {
    super(scope, id);
    const core = ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore');
    const guest = new Role(this, 'GuestRole', {
      description: 'Shadowcast: EC2 instances that run the agent',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [core, agentPolicy],
    });
    const node = new Role(this, 'NodeRole', {
      description: 'Shadowcast: on-premises KVM hosts, managed nodes of Systems Manager',
      // https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html
      assumedBy: new ServicePrincipal('ssm.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      managedPolicies: [core, agentPolicy],
    });
    for (const role of [guest, node]) {
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
        reason: 'the policy that AWS keeps for the SSM agent; a copy of ours would fall behind its needs',
      });
    }
    const profile = new InstanceProfile(this, 'GuestProfile', { role: guest });
    new CfnOutput(this, 'GuestProfileName', { value: profile.instanceProfileName });
    new CfnOutput(this, 'NodeRoleName', { value: node.roleName });
  }
}
