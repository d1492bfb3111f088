import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from './config.ts';
import { ShadowcastStack } from './shadowcast-stack.ts';

const app = new App();
// Findings that no reason beside their resource acknowledges fail the synthesis.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

new ShadowcastStack(app, 'Shadowcast', {
  description: 'Resizes virtual machines before they run out of CPU, memory, disk or network',
  config: readConfig((key) => app.node.tryGetContext(key) as unknown),
});
