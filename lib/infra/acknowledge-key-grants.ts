import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** For roles that read and write what the stack's own key encrypts. */
export function acknowledgeKeyGrants(role: IConstruct): void {
  const reason = "both variants of the action are granted by CDK's grant methods, on the one key of this stack";
  Validations.of(role).acknowledge(
    { id: 'AwsSolutions-IAM5[Action::kms:ReEncrypt*]', reason },
    { id: 'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]', reason },
  );
}
