/** Longest base64 text of a plan that a host takes; States.Base64Encode gives 13,336 at most. */
const LONGEST_PLAN = 16_384;

/**
 * The SSM Command document that carries a plan out on a host, for `AWS::SSM::Document` and the local SSM endpoint alike.
 * SSM checks the parameter against the pattern before anything runs, so nothing but base64 can reach the shell.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
 */
export const ALLOCATOR_DOCUMENT = {
  schemaVersion: '2.2',
  description: 'Shadowcast: puts the limits of one plan in force on this host and prints the outcome as JSON',
  parameters: {
    Plan: {
      type: 'String',
      description: 'the plan: base64 of its JSON',
      allowedPattern: `^[A-Za-z0-9+/=]{1,${LONGEST_PLAN}}$`,
    },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'allocate',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        timeoutSeconds: '30',
        runCommand: [
          // The SSM agent tells scripts the node's id, which is the host's name in plans.
          'export SHADOWCAST_HOST="${SHADOWCAST_HOST:-$AWS_SSM_INSTANCE_ID}"',
          "exec shadowcast-allocator --plan-base64 '{{ Plan }}'",
        ],
      },
    },
  ],
} as const;
