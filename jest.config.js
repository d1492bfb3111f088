const project = (displayName, testMatch) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
});

/** One project per kind of test; `npm test` runs all but `kvm`, which needs root and packages of the system. */
export default {
  maxWorkers: 2,
  projects: [
    project('unit', ['<rootDir>/test/unit/**/*.test.ts']),
    project('property', ['<rootDir>/test/property/**/*.test.ts']),
    project('contract', ['<rootDir>/test/contract/**/*.test.ts']),
    project('infra', ['<rootDir>/test/infra/**/*.test.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.test.ts']),
    project('kvm', ['<rootDir>/test/kvm/**/*.test.ts']),
  ],
};
