import { unservedParts } from '../../../lib/local/step-functions/definition.ts';
import { interpretable } from '../../../lib/local/step-functions/interpretable.ts';
import { bindTask } from '../../../lib/local/step-functions/bind-tasks.ts';
import { resizeWorkflow } from '../../../lib/infra/resize-workflow.ts';

const machineOf = (state: object, more: object = {}) => ({
  StartAt: 'A',
  States: { A: state as { Type: string } },
  ...more,
});
const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };

describe('unservedParts', () => {
  it.each([
    ['a machine in JSONata', machineOf(task, { QueryLanguage: 'JSONata' }), /asks for JSONata/],
    ['a state in JSONata', machineOf({ ...task, QueryLanguage: 'JSONata' }), /field QueryLanguage/],
    ['JSONata arguments', machineOf({ ...task, Arguments: {} }), /field Arguments/],
    ['variables', machineOf({ ...task, Assign: { a: 1 } }), /field Assign/],
    [
      'variables of a Catch',
      machineOf({ ...task, Catch: [{ ErrorEquals: [], Next: 'A', Assign: {} }] }),
      /assigns variables/,
    ],
    ['a variable in a path', machineOf({ ...task, InputPath: '$plan' }), /reads \$plan/],
    ['a task token', machineOf({ ...task, Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }), /call-back/],
    [
      'a token in the context',
      machineOf({ ...task, Parameters: { 'Token.$': '$$.Task.Token' } }),
      /reads \$\$\.Task\.Token/,
    ],
    ['a job', machineOf({ ...task, Resource: 'arn:aws:states:::states:startExecution.sync:2' }), /call-back or a job/],
    ['a heartbeat', machineOf({ ...task, HeartbeatSeconds: 5 }), /field HeartbeatSeconds/],
    [
      'a distributed map',
      machineOf({
        Type: 'Map',
        End: true,
        ItemProcessor: { ...machineOf(task), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      }),
      /DISTRIBUTED map/,
    ],
    ['a result that is false', machineOf({ Type: 'Pass', Result: false, End: true }), /Result false/],
    [
      'a state inside another',
      machineOf({ Type: 'Parallel', End: true, Branches: [machineOf({ ...task, Assign: {} })] }),
      /field Assign/,
    ],
  ])('names %s, which the interpreter would skip', (_what, definition, problem) => {
    expect(unservedParts(definition).join('\n')).toMatch(problem);
  });

  it('finds nothing in a machine of plain JSONPath', () => {
    const Parameters = { 'a.$': "States.Format('costs $x {}', $.plan.id)", 'b.$': '$$.Execution.Name' };

    expect(unservedParts(machineOf({ ...task, Parameters }))).toEqual([]);
  });

  it('finds nothing in the resize workflow', () => {
    const names = { planFunction: 'plan', settleFunction: 'settle', allocatorDocument: 'd', pageTopic: 't' };

    expect(unservedParts(resizeWorkflow(names))).toEqual([]);
  });
});

describe('interpretable', () => {
  it('gives tasks the time that they have at aws, and keeps a time that is set', () => {
    const rewritten = interpretable(
      { StartAt: 'A', States: { A: task, B: { ...task, TimeoutSeconds: 60 } as never } },
      1,
    );

    expect(rewritten.States).toMatchObject({ A: { TimeoutSeconds: 2_000_000 }, B: { TimeoutSeconds: 60 } });
  });

  it('scales waits and the pauses of retries, also inside parallel branches', () => {
    const inner = machineOf({ Type: 'Wait', Seconds: 10, End: true });
    const definition = {
      StartAt: 'A',
      States: {
        A: { ...task, Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 2, MaxDelaySeconds: 8 }, { ErrorEquals: ['Y'] }] },
        B: { Type: 'Parallel', Branches: [inner], End: true },
      },
    };

    expect(interpretable(definition, 0.5).States).toMatchObject({
      A: { Retry: [{ IntervalSeconds: 1, MaxDelaySeconds: 4 }, { IntervalSeconds: 0.5 }] },
      B: { Branches: [{ States: { A: { Seconds: 5 } } }] },
    });
  });

  it('leaves out a result path of $, which the interpreter takes for a field of that name', () => {
    const rewritten = interpretable(
      machineOf({ ...task, ResultPath: '$', Catch: [{ ResultPath: '$', Next: 'A' }] }),
      1,
    );

    expect(rewritten.States['A']).not.toHaveProperty('ResultPath');
    expect(rewritten.States['A']).toHaveProperty('Catch', [{ Next: 'A' }]);
  });
});

describe('bindTask', () => {
  const targets = { invoke: () => Promise.resolve(undefined), services: { ec2: () => Promise.resolve({}) } };

  it('refuses a resource that nothing serves, when the machine is loaded', () => {
    expect(() => bindTask('arn:aws:states:::aws-sdk:s3:getObject', targets)).toThrow(/got service "s3"/);
  });

  it('takes the answer undefined of a function for null', async () => {
    const work = bindTask('arn:aws:states:::lambda:invoke', targets);

    expect(await work({ FunctionName: 'f' })).toMatchObject({ Payload: null });
  });

  it('runs a function whose arn is the resource, and passes its answer on as it is', async () => {
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
    const work = bindTask(arn, { ...targets, invoke: (name, payload) => Promise.resolve([name, payload]) });

    expect(await work({ a: 1 })).toEqual([arn, { a: 1 }]);
  });
});
