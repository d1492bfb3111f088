import { Fault } from '../../../lib/core/fault.ts';
import { COLLECTOR_NAMES, HELP, parseCommand } from '../../../agent/options.ts';

const run = (...args: string[]) => {
  const command = parseCommand(args, {});
  if (command.kind !== 'run') throw new Error(`parsed as ${command.kind}`);
  return command.options;
};

describe("the agent's command line", () => {
  it('needs little to send', () => {
    expect(parseCommand(['--stream', 'trace'], { AWS_REGION: 'eu-central-1' })).toMatchObject({
      kind: 'run',
      options: {
        stream: 'trace',
        region: 'eu-central-1',
        interval: 1_000,
        batch: 1_000,
        spoolLimit: 64 * 2 ** 20,
        source: 'guest',
      },
    });
  });

  it('takes the machine that is traced for the one that sends, unless told', () => {
    expect(run('--stream', 's', '--host', 'kvm1')).toMatchObject({ host: 'kvm1', vm: 'kvm1', name: 'kvm1' });
    expect(run('--stream', 's', '--host', 'kvm1', '--vm', 'i-1')).toMatchObject({
      host: 'kvm1',
      vm: 'i-1',
      name: 'i-1',
    });
  });

  it('reads what can be given more than once', () => {
    const args = [
      '--out',
      'a.trace',
      '--tag',
      'team=shop',
      '--tag',
      'url=a=b',
      '--nic',
      'eth0',
      '--disk',
      'vda',
      '--disk',
      'vdb',
    ];

    expect(run(...args)).toMatchObject({ tags: { team: 'shop', url: 'a=b' }, nics: ['eth0'], disks: ['vda', 'vdb'] });
  });

  it('has all collectors but the one that starts a program on by default', () => {
    expect(run('--out', 'a').collectors).toEqual(COLLECTOR_NAMES.filter((name) => name !== 'hardware'));
    expect(run('--out', 'a', '--collectors', 'cpu, hardware').collectors).toEqual(['cpu', 'hardware']);
  });

  it.each([
    [[], 'one of --stream NAME and --out FILE'],
    [['--stream', 's', '--out', 'f'], 'one of --stream NAME and --out FILE'],
    [['--stream', 's', '--interval', '10ms'], '--interval is 10ms: at least 100ms'],
    [['--stream', 's', '--interval', '5'], 'not a length of time'],
    [['--stream', 's', '--interval', '2s', '--batch', '1s'], '--batch is 1s'],
    [['--stream', 's', '--spool-limit', 'much'], 'not a size'],
    [['--stream', 's', '--source', 'xen'], '--source is "xen": write guest or libvirt'],
    [['--stream', 's', '--tag', 'x'], '--tag is "x": write KEY=VALUE'],
    [['--stream', 's', '--collectors', 'cpu,gpu'], '--collectors names gpu'],
    [['--strem', 's'], "Unknown option '--strem'"],
  ])('refuses %j and says what is wanted', (args, message) => {
    expect(() => parseCommand(args, {})).toThrow(Fault);
    expect(() => parseCommand(args, {})).toThrow(message);
  });

  it('explains every option', () => {
    const named = [
      'stream',
      'host',
      'vm',
      'name',
      'image',
      'tag',
      'region',
      'endpoint',
      'spool',
      'spool-limit',
      'interval',
      'batch',
    ];
    for (const flag of [
      ...named,
      'source',
      'libvirt',
      'out',
      'for',
      'collectors',
      'nic',
      'disk',
      'status',
      'json',
      'proc',
      'sys',
    ]) {
      expect(HELP).toContain(`--${flag}`);
    }
    expect(parseCommand(['-h'], {})).toEqual({ kind: 'help' });
  });
});
