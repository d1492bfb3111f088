/** What the EC2 states need to know of the rest: the state that settles, the function behind it, the topic that pages. */
export interface Ec2Names {
  readonly settle: string;
  readonly settleFunction: string;
  readonly pageTopic: string;
}

/** Paths into the answer that `look` leaves. */
export const instance = {
  state: '$.look.Reservations[0].Instances[0].State.Name',
  type: '$.look.Reservations[0].Instances[0].InstanceType',
  root: '$.look.Reservations[0].Instances[0].RootDeviceType',
};

const onInstance = { 'InstanceIds.$': 'States.Array($.plan.vm)' };

/** Calls on `$.plan.vm`; answers other than `look`'s are dropped, because only a look says what is true. */
export const look = {
  resource: 'arn:aws:states:::aws-sdk:ec2:describeInstances',
  parameters: onInstance,
  resultPath: '$.look',
};
export const stop = {
  resource: 'arn:aws:states:::aws-sdk:ec2:stopInstances',
  parameters: onInstance,
  resultPath: null,
};
export const start = {
  resource: 'arn:aws:states:::aws-sdk:ec2:startInstances',
  parameters: onInstance,
  resultPath: null,
};
export const changeType = (which: 'from' | 'to') => ({
  resource: 'arn:aws:states:::aws-sdk:ec2:modifyInstanceAttribute',
  parameters: { 'InstanceId.$': '$.plan.vm', InstanceType: { 'Value.$': `$.plan.instanceType.${which}` } },
  resultPath: null,
});
/** Tells people; `message` is a template of States.Format over the VM's id and the plan's id. */
export const page = (topic: string, message: string) => ({
  resource: 'arn:aws:states:::sns:publish',
  parameters: {
    TopicArn: topic,
    Subject: 'Shadowcast: a resize needs a person',
    'Message.$': `States.Format('${message}', $.plan.vm, $.plan.id)`,
  },
  resultPath: null,
});
/** Calls a function with a payload; its answer is at `<path>.Payload`. */
export const invoke = (name: string, payload: Readonly<Record<string, string>>, path: string | null) => ({
  resource: 'arn:aws:states:::lambda:invoke',
  parameters: { FunctionName: name, Payload: payload },
  resultPath: path,
});
