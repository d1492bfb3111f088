import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../../lib/infra/config.ts';
import { ShadowcastStack } from '../../../lib/infra/shadowcast-stack.ts';

/** The stack with the given context values, handlers not bundled. */
export function synthesize(context: Readonly<Record<string, unknown>> = {}): { app: App; template: Template } {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new ShadowcastStack(app, 'Shadowcast', { config: readConfig((key) => context[key]) });
  return { app, template: Template.fromStack(stack) };
}
