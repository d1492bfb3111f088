import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { inspectPolicies, problemsText, readPolicies } from '../adapters/policy/read-policies.ts';
import type { PolicyProblem } from '../adapters/policy/policy-problem.ts';
import { Fault, messageOf } from '../core/fault.ts';
import type { PolicySet } from '../core/policy/policy.ts';
import { matchWords, policyWords } from './policy-words.ts';
import { selectionWords } from './policy-selection.ts';
import { parseVm } from './vm-option.ts';

/** Where a command writes, and how it says that it failed. */
export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly exit: (code: number) => void;
}

/** `shadowcast policy`: looks at policy files before anything acts on them. Touches nothing but the files it is given. */
export function policyCommand(output: CommandOutput = processOutput): Command {
  const policy = new Command('policy').description('Looks at policy files (docs/policies.md).');
  policy
    .command('validate')
    .description('Checks policy files: every problem with its line, or what each policy selects and may do.')
    .argument('<file...>', 'policy files in YAML')
    .option('--json', 'print one JSON document instead of text')
    .action((files: readonly string[], { json }: { json?: boolean }) => {
      validate(files, json ?? false, output);
    });
  policy
    .command('show')
    .description('Says which policy governs a VM, and why.')
    .argument('<file>', 'policy file in YAML')
    .requiredOption(
      '--vm <what>',
      'the VM: name=web-1,vm=kvm1/web-1,host=kvm1,image=ami-0abc,actuator=kvm,tag.tier=web',
    )
    .action((file: string, { vm }: { vm: string }) => {
      const { primary, host } = parseVm(vm);
      output.out(`${selectionWords(readPolicies(textOf(file), file), primary, host)}\n`);
    });
  return policy;
}

const processOutput: CommandOutput = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exit: (code) => {
    process.exitCode = code;
  },
};

type Inspected =
  | { readonly file: string; readonly valid: true; readonly policies: PolicySet['policies'] }
  | { readonly file: string; readonly valid: false; readonly problems: readonly PolicyProblem[] };

function validate(files: readonly string[], json: boolean, output: CommandOutput): void {
  const inspected = files.map((file): Inspected => {
    const found = inspectPolicies(textOf(file));
    return found.kind === 'valid'
      ? { file, valid: true, policies: found.policies.policies }
      : { file, valid: false, problems: found.problems };
  });
  if (json) output.out(`${JSON.stringify({ files: inspected }, undefined, 2)}\n`);
  else for (const one of inspected) say(one, output);
  if (inspected.some(({ valid }) => !valid)) output.exit(1);
}

function say(inspected: Inspected, { out, err }: CommandOutput): void {
  if (!inspected.valid) {
    err(`${problemsText(inspected.problems, inspected.file)}\n`);
    return;
  }
  const { policies, file } = inspected;
  const words = policies.map(
    (policy, at) => `${at + 1}. ${policy.name} (${matchWords(policy.match)})\n${policyWords(policy)}`,
  );
  out(`${file} is valid: ${policies.length} ${policies.length === 1 ? 'policy' : 'policies'}\n${words.join('\n')}\n`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Fault('USAGE', `the policy file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
