import { z } from 'zod';
import type { EpochMs } from '../core/units.ts';
import type { AwsTarget } from '../adapters/aws/clients.ts';
import { epochSeconds, openJsonService, operation, ServiceError } from './json-service.ts';
import { startCommand, type Command, type Invocation, type SsmNode } from './ssm/command.ts';
import { parseDocument, stepsOf } from './ssm/document.ts';
import { localTarget } from './target.ts';

export interface SsmOptions {
  /** Contents of Command documents (schema version 2.2, `aws:runShellScript`) by name. */
  readonly documents: Readonly<Record<string, unknown>>;
  readonly nodes: readonly SsmNode[];
  readonly now: () => EpochMs;
  readonly port?: number;
}

/** An SSM endpoint that really runs what it is sent. */
export interface LocalSsm {
  readonly endpoint: string;
  readonly target: AwsTarget;
  readonly addNode: (node: SsmNode) => void;
  readonly removeNode: (id: string) => void;
  /** Closes the endpoint and kills what runs. */
  readonly stop: () => Promise<void>;
}

/** Commands are forgotten beyond this, oldest first; AWS keeps them 30 days. */
const MAX_COMMANDS = 10_000;

/**
 * Serves Run Command to an unmodified SSMClient: SendCommand, GetCommandInvocation, ListCommandInvocations,
 * CancelCommand, DescribeInstanceInformation, DescribeDocument, GetDocument. Targets are instance ids only. Throws a
 * TypeError for a document that cannot be run here.
 */
export async function startSsm({ documents: contents, nodes: first, now, port }: SsmOptions): Promise<LocalSsm> {
  const documents = new Map(
    Object.entries(contents).map(([name, content]) => [name, parseDocument(name, content)] as const),
  );
  const nodes = new Map(first.map((node) => [node.id, node] as const));
  const commands = new Map<string, Command>();

  const documentOf = (name: string) => {
    const found = documents.get(name);
    if (found === undefined) throw new ServiceError('InvalidDocument', `document ${name} does not exist`);
    return found;
  };
  const nodeOf = (id: string): SsmNode => {
    const found = nodes.get(id);
    if (found === undefined)
      throw new ServiceError('InvalidInstanceId', `instance ${id} is not registered or not valid`);
    return found;
  };
  const commandOf = (id: string): Command => {
    const found = commands.get(id);
    if (found === undefined) throw new ServiceError('InvalidCommandId', `command ${id} does not exist`);
    return found;
  };

  const send = (input: z.infer<typeof sendInput>) => {
    const steps = stepsOf(documentOf(input.DocumentName), input.Parameters);
    const targets = input.InstanceIds.map(nodeOf);
    const { DocumentName: documentName, Comment: comment, Parameters: parameters } = input;
    const command = startCommand({ documentName, comment, parameters, steps, nodes: targets, now });
    commands.set(command.id, command);
    const oldest = commands.keys().next();
    if (commands.size > MAX_COMMANDS && oldest.done !== true) commands.delete(oldest.value);
    return { Command: commandView(command) };
  };

  const listener = await openJsonService({
    target: 'AmazonSSM',
    version: '1.1',
    ...(port !== undefined && { port }),
    operations: {
      SendCommand: operation(sendInput, send),
      GetCommandInvocation: operation(invocationInput, ({ CommandId, InstanceId }) => {
        const command = commands.get(CommandId);
        const invocation = command?.invocations.find(({ node }) => node === InstanceId);
        if (command === undefined || invocation === undefined) {
          throw new ServiceError('InvocationDoesNotExist', `no invocation of command ${CommandId} on ${InstanceId}`);
        }
        return invocationView(command, invocation);
      }),
      ListCommandInvocations: operation(listInput, ({ CommandId, InstanceId }) => {
        const wanted = CommandId === undefined ? [...commands.values()] : [commandOf(CommandId)];
        return {
          CommandInvocations: wanted.flatMap((command) =>
            command.invocations
              .filter(({ node }) => InstanceId === undefined || node === InstanceId)
              .map((invocation) => summaryView(command, invocation)),
          ),
        };
      }),
      CancelCommand: operation(commandInput, ({ CommandId }) => {
        commandOf(CommandId).cancel();
      }),
      DescribeInstanceInformation: operation(z.unknown(), () => ({
        InstanceInformationList: [...nodes.keys()].map((InstanceId) => ({
          InstanceId,
          PingStatus: 'Online',
          LastPingDateTime: epochSeconds(now()),
          PlatformType: 'Linux',
          ResourceType: InstanceId.startsWith('i-') ? 'EC2Instance' : 'ManagedInstance',
        })),
      })),
      DescribeDocument: operation(documentInput, ({ Name }) => ({
        Document: documentView(Name, documentOf(Name).parameters),
      })),
      GetDocument: operation(documentInput, ({ Name }) => {
        documentOf(Name);
        return {
          Name,
          Status: 'Active',
          DocumentType: 'Command',
          DocumentFormat: 'JSON',
          Content: JSON.stringify(contents[Name]),
        };
      }),
    },
  });
  return {
    endpoint: listener.endpoint,
    target: localTarget(listener.endpoint),
    addNode: (node) => {
      nodes.set(node.id, node);
    },
    removeNode: (id) => {
      nodes.delete(id);
    },
    stop: async () => {
      await listener.stop();
      for (const { cancel } of commands.values()) cancel();
      await Promise.all([...commands.values()].map(({ done }) => done));
    },
  };
}

const sendInput = z.object({
  DocumentName: z.string(),
  DocumentVersion: z.string().optional(),
  InstanceIds: z.array(z.string()).min(1).max(50),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  Comment: z.string().default(''),
  /** Time for the node to take the command, which a local one does at once. */
  TimeoutSeconds: z.number().int().min(30).max(2_592_000).default(3600),
});
const invocationInput = z.object({ CommandId: z.string(), InstanceId: z.string() });
const listInput = z.object({ CommandId: z.string().optional(), InstanceId: z.string().optional() });
const commandInput = z.object({ CommandId: z.string() });
const documentInput = z.object({ Name: z.string() });

/** The agent's own words, for people; `TimedOut` has two kinds there. */
const detailsOf = (status: Invocation['status']): string => (status === 'TimedOut' ? 'Execution Timed Out' : status);

function commandView(command: Command) {
  const ended = command.invocations.filter(({ endedAt }) => endedAt !== undefined);
  const failed = ended.find(({ status }) => status !== 'Success');
  const status = ended.length < command.invocations.length ? 'Pending' : (failed?.status ?? 'Success');
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    Comment: command.comment,
    Parameters: command.parameters,
    InstanceIds: command.invocations.map(({ node }) => node),
    RequestedDateTime: epochSeconds(command.requestedAt),
    Status: status,
    StatusDetails: status,
    TargetCount: command.invocations.length,
    CompletedCount: ended.length,
    ErrorCount: ended.filter(({ status: one }) => one === 'Failed').length,
  };
}

function summaryView(command: Command, { node, status }: Invocation) {
  return {
    CommandId: command.id,
    InstanceId: node,
    Comment: command.comment,
    DocumentName: command.documentName,
    RequestedDateTime: epochSeconds(command.requestedAt),
    Status: status,
    StatusDetails: detailsOf(status),
  };
}

function invocationView(command: Command, invocation: Invocation) {
  const iso = (at: EpochMs | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  return {
    CommandId: command.id,
    InstanceId: invocation.node,
    Comment: command.comment,
    DocumentName: command.documentName,
    ResponseCode: invocation.code,
    ExecutionStartDateTime: iso(invocation.startedAt),
    ExecutionEndDateTime: iso(invocation.endedAt),
    Status: invocation.status,
    StatusDetails: detailsOf(invocation.status),
    StandardOutputContent: invocation.stdout.slice(0, 24_000),
    StandardErrorContent: invocation.stderr.slice(0, 8_000),
  };
}

const documentView = (name: string, parameters: Readonly<Record<string, { readonly type: string }>>) => ({
  Name: name,
  Status: 'Active',
  DocumentType: 'Command',
  DocumentFormat: 'JSON',
  SchemaVersion: '2.2',
  PlatformTypes: ['Linux'],
  Parameters: Object.entries(parameters).map(([Name, { type }]) => ({
    Name,
    Type: type === 'StringList' ? 'StringList' : 'String',
  })),
});
