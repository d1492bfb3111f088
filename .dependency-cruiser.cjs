/** The layers of docs/architecture.md, enforced: `npm run deps:check`. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      comment: 'lib/core imports only itself: no clock, no chance, no I/O, no SDK, no library',
      severity: 'error',
      from: { path: '^lib/core/' },
      to: { pathNot: '^lib/core/' },
    },
    {
      name: 'ports-know-only-core',
      severity: 'error',
      from: { path: '^lib/ports/' },
      to: { pathNot: '^lib/(core|ports)/' },
    },
    {
      name: 'sdk-only-in-aws-adapters',
      comment: 'lib/local may build clients for its own endpoints',
      severity: 'error',
      from: { path: '^(lib|lambdas|agent)/', pathNot: '^lib/(adapters/aws|local)/' },
      to: { path: 'node_modules/@(aws-sdk|smithy)/' },
    },
    {
      name: 'no-lambda-to-lambda',
      severity: 'error',
      from: { path: '^lambdas/([^/]+)/', pathNot: '^lambdas/platform/' },
      to: { path: '^lambdas/', pathNot: ['^lambdas/platform/', '^lambdas/$1/'] },
    },
    {
      name: 'cdk-only-in-infra',
      severity: 'error',
      from: { path: '^(lib|lambdas|agent)/', pathNot: '^lib/infra/' },
      to: { path: 'node_modules/(aws-cdk-lib|constructs|cdk-nag)/' },
    },
    {
      name: 'agent-stays-small',
      comment: 'the agent uses core, ports, the trace adapters and the Kinesis uplink, nothing of the control plane',
      severity: 'error',
      from: { path: '^agent/' },
      to: { path: '^(lib/(infra|local|view|cli)|lambdas)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(lib|lambdas|agent)/' },
      to: { path: '^test/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
