import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface ShadowStoreProps {
  readonly key: IKey;
  /** Keeps the table, and guards it against deletion, when the stack goes. */
  readonly retain: boolean;
}

/**
 * Checkpoints of shadows, locks, fences and the ledger: one table, keys `pk` and `sk`, items end at `expires`. The older
 * of CDK's two table constructs, because the newer one cannot be synthesized with a key for no certain region.
 */
export class ShadowStore extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, { key, retain }: ShadowStoreProps) {
    super(scope, id);
    // As the interface: the class's optional members do not fit it under exactOptionalPropertyTypes.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expires',
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    }) as ITable;
  }
}
