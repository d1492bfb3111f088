import { readFileSync } from 'node:fs';
import { libvirtHypervisor } from '../../../agent/allocator/libvirt.ts';
import type { Virsh } from '../../../agent/allocator/virsh.ts';
import { Fault } from '../../../lib/core/fault.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/libvirt/${name}`, import.meta.url), 'utf8');
const RESERVE = { reserveMemory: 2 ** 30, cpuOvercommit: 4 };
const KIB = 1024;

/** virsh as a table: the first row whose words begin the call answers it; every call is kept. */
const aVirsh = (rows: readonly (readonly [string, string | Error])[] = []) => {
  const calls: string[] = [];
  const table = [
    ...rows,
    ['domstats --raw web', fixture('domstats-web.txt')],
    ['dumpxml web', fixture('dumpxml-web.xml')],
  ] as const;
  const virsh: Virsh = (args) => {
    const call = args.join(' ');
    calls.push(call);
    const answer = table.find(([begin]) => call.startsWith(begin))?.[1] ?? '';
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const changes = (): string[] => calls.filter((call) => !/^(domstats|dumpxml)/.test(call));
  return { hypervisor: libvirtHypervisor(virsh, RESERVE), changes };
};
const said = (words: string): Fault => new Fault('ACT_FAILED', `virsh: ${words}`);
const inXml = (from: string | RegExp, to: string): readonly [string, string] => [
  'dumpxml web',
  fixture('dumpxml-web.xml').replace(from, to),
];
const cpus = (count: number): readonly [string, string] => [
  'domstats --raw web',
  fixture('domstats-web.txt').replace(/vcpu.current=\d+/, `vcpu.current=${count}`),
];
const MARK =
  '<metadata><shadowcast:guest xmlns:shadowcast="https://shadowcast.dev/libvirt/1" cpus="1"/></metadata><os>';

describe('libvirtHypervisor, reading', () => {
  it('reads vcpus and balloon of a domain without other limits', async () => {
    expect(await aVirsh().hypervisor.read('kvm1/web')).toEqual({ cpu: 1, memory: 262_144 * KIB });
  });

  it('reads disk and interface limits', async () => {
    const { hypervisor } = aVirsh([['dumpxml web', fixture('dumpxml-web-limited.xml')]]);

    expect(await hypervisor.read('kvm1/web')).toMatchObject({
      disk_read: 5_242_880,
      disk_write: 2_621_440,
      net_rx: 1_000 * KIB,
    });
  });

  it('reads a total as a limit of both directions', async () => {
    const tune = '<iotune><total_bytes_sec>1000000</total_bytes_sec></iotune></disk>';
    const { hypervisor } = aVirsh([inXml('</disk>', tune)]);

    expect(await hypervisor.read('kvm1/web')).toMatchObject({ disk_read: 1e6, disk_write: 1e6 });
  });

  it('knows no limit of disks that do not share one', async () => {
    const two =
      "</disk><disk type='file' device='disk'><target dev='vdb'/><iotune><read_bytes_sec>5</read_bytes_sec></iotune></disk>";
    const { hypervisor } = aVirsh([inXml('</disk>', two)]);

    expect(await hypervisor.read('kvm1/web')).toEqual({ cpu: 1, memory: 262_144 * KIB });
  });

  it('asks the guest how many cpus are on when they were switched off there', async () => {
    const marked = [inXml('<os>', MARK), cpus(2)] as const;

    expect(await aVirsh([...marked, ['vcpucount web --guest', '1\n']]).hypervisor.read('kvm1/web')).toMatchObject({
      cpu: 1,
    });
  });

  it('counts what is plugged in when the guest does not answer', async () => {
    const marked = [inXml('<os>', MARK), cpus(2)] as const;
    const { hypervisor } = aVirsh([...marked, ['vcpucount', said('Guest agent is not responding')]]);

    expect(await hypervisor.read('kvm1/web')).toMatchObject({ cpu: 2 });
  });

  it.each([
    ['is not defined', [['domstats', said("failed to get domain 'web'")]]],
    ['is shut off', [['domstats', fixture('domstats-shut-off.txt').replace("'db'", "'web'")]]],
    ['is paused', [['domstats', fixture('domstats-web.txt').replace('state.state=1', 'state.state=3')]]],
    ['answers by another name', [['domstats', fixture('domstats-web.txt').replace("'web'", "'other'")]]],
  ] as const)('says that a domain which %s is gone', async (_what, rows) => {
    await expect(aVirsh(rows).hypervisor.read('kvm1/web')).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
  });

  it('keeps a trouble of libvirtd apart from a domain that is gone', async () => {
    const { hypervisor } = aVirsh([['domstats', said('did not answer in 8000 ms')]]);

    await expect(hypervisor.read('kvm1/web')).rejects.toMatchObject({ code: 'ACT_FAILED' });
  });

  it.each(['kvm1/12', 'kvm1/-web', 'kvm1/a b', 'kvm1/'])('gives virsh no name like %j', async (vm) => {
    await expect(aVirsh().hypervisor.read(vm)).rejects.toMatchObject({ code: 'PLAN_REFUSED' });
  });
});

describe('libvirtHypervisor, setting', () => {
  it('plugs vcpus', async () => {
    const { hypervisor, changes } = aVirsh();

    await hypervisor.set('kvm1/web', { cpu: 3 });

    expect(changes()).toEqual(['setvcpus web 3 --live']);
  });

  it('unplugs vcpus', async () => {
    const { hypervisor, changes } = aVirsh([cpus(3)]);

    await hypervisor.set('kvm1/web', { cpu: 1 });

    expect(changes()).toEqual(['setvcpus web 1 --live']);
  });

  it('switches vcpus off in the guest when the unplug times out, and notes it', async () => {
    const { hypervisor, changes } = aVirsh([cpus(2), ['setvcpus web 1 --live', said('vcpu unplug request timed out')]]);

    await hypervisor.set('kvm1/web', { cpu: 1 });

    expect(changes()).toEqual([
      'setvcpus web 1 --live',
      'setvcpus web 1 --guest',
      'metadata web https://shadowcast.dev/libvirt/1 --live --key shadowcast --set <guest cpus="1"/>',
    ]);
  });

  it('says both reasons when neither way works', async () => {
    const rows = [
      cpus(2),
      ['setvcpus web 1 --live', said('timed out')],
      ['setvcpus web 1 --guest', said('refused')],
    ] as const;

    await expect(aVirsh(rows).hypervisor.set('kvm1/web', { cpu: 1 })).rejects.toMatchObject({
      code: 'ACT_FAILED',
      message: 'virsh: timed out; nor in the guest: virsh: refused',
    });
  });

  it('does not ask a guest without an agent', async () => {
    const rows = [
      cpus(2),
      inXml("state='connected'", "state='disconnected'"),
      ['setvcpus', said('timed out')],
    ] as const;
    const { hypervisor, changes } = aVirsh(rows);

    await expect(hypervisor.set('kvm1/web', { cpu: 1 })).rejects.toMatchObject({ message: 'virsh: timed out' });
    expect(changes()).toEqual(['setvcpus web 1 --live']);
  });

  it('switches vcpus on again that were switched off in the guest, and forgets the note', async () => {
    const { hypervisor, changes } = aVirsh([cpus(2), inXml('<os>', MARK)]);

    await hypervisor.set('kvm1/web', { cpu: 2 });

    expect(changes()).toEqual([
      'setvcpus web 2 --guest',
      'metadata web https://shadowcast.dev/libvirt/1 --live --remove',
    ]);
  });

  it('refuses a part of a vcpu', async () => {
    await expect(aVirsh().hypervisor.set('kvm1/web', { cpu: 1.5 })).rejects.toMatchObject({ code: 'PLAN_REFUSED' });
  });

  it('moves the balloon to whole KiB, never below what was asked', async () => {
    const { hypervisor, changes } = aVirsh();

    await hypervisor.set('kvm1/web', { memory: 300 * KIB + 1 });

    expect(changes()).toEqual(['setmem web 301 --live']);
  });

  it('sets one direction of a disk and keeps the other', async () => {
    const { hypervisor, changes } = aVirsh([['dumpxml web', fixture('dumpxml-web-limited.xml')]]);

    await hypervisor.set('kvm1/web', { disk_read: 8e6 });

    expect(changes()).toEqual([
      'blkdeviotune web vda --live --total-bytes-sec 0 --read-bytes-sec 8000000 --write-bytes-sec 2621440',
    ]);
  });

  it('lets several disks share one limit', async () => {
    const { hypervisor, changes } = aVirsh([
      inXml(
        '</disk>',
        "</disk><disk type='file' device='disk'><target dev='vdb'/></disk><disk device='cdrom'><target dev='sda'/></disk>",
      ),
    ]);

    await hypervisor.set('kvm1/web', { disk_write: 8e6 });

    const rest = '--live --total-bytes-sec 0 --read-bytes-sec 0 --write-bytes-sec 8000000 --group-name shadowcast-web';
    expect(changes()).toEqual([`blkdeviotune web vda ${rest}`, `blkdeviotune web vdb ${rest}`]);
  });

  it('sets and lifts the limits of an interface, as the guest sees them', async () => {
    const { hypervisor, changes } = aVirsh();

    await hypervisor.set('kvm1/web', { net_rx: 1_000_000, net_tx: Infinity });

    expect(changes()).toEqual(['domiftune web vnet0 --live --inbound 977', 'domiftune web vnet0 --live --outbound 0']);
  });

  it.each([
    ['no interface', inXml(/<interface[^]*<\/interface>/, '')],
    ['an interface of the user', inXml("interface type='bridge'", "interface type='user'")],
    ['two interfaces', inXml('</interface>', "</interface><interface type='bridge'><target dev='vnet1'/></interface>")],
  ])('refuses network limits on a domain with %s', async (_what, row) => {
    await expect(aVirsh([row]).hypervisor.set('kvm1/web', { net_rx: 1e6 })).rejects.toMatchObject({
      code: 'PLAN_REFUSED',
    });
  });

  it('refuses disk limits on a domain without disks', async () => {
    const row = inXml(/<disk[^]*<\/disk>/, '');

    await expect(aVirsh([row]).hypervisor.set('kvm1/web', { disk_read: 1e6 })).rejects.toMatchObject({
      code: 'PLAN_REFUSED',
    });
  });
});

describe('libvirtHypervisor, asked for room', () => {
  const NODE = 'CPU model:           x86_64\nCPU(s):              2\nMemory size:         5204184 KiB\n';
  const MEMORY = 'total  :   4000000 KiB\nfree   :   1500000 KiB\nbuffers:     50000 KiB\ncached :   150000 KiB\n';
  // web has 1 of 4 vcpus and 256 of 512 MiB
  const room = (stats: string, pledged = {}, memory = MEMORY) =>
    aVirsh([
      ['nodeinfo', NODE],
      ['nodememstats', memory],
      ['domstats --raw --vcpu', stats],
    ]).hypervisor.room!('kvm1/web', pledged);

  it('bounds a domain by its own maximum on an empty host', async () => {
    expect(await room(fixture('domstats-web.txt'))).toEqual({
      cpu: { min: 1, max: 4, step: 1, because: "the domain's maximum is 4 vcpus" },
      memory: { min: 32 * 2 ** 20, max: 2 ** 29, step: 1, because: "the domain's maximum is 512 MiB" },
    });
  });

  it('bounds memory by what is available above the reserve, less what guests have not touched', async () => {
    const short = MEMORY.replace('1500000', '900000');
    // 900000 + 50000 + 150000 KiB available, 1 GiB reserved: 51424 KiB, less the 26 thousand KiB of web itself
    const memory = (await room(fixture('domstats-web.txt'), {}, short)).memory;

    expect(memory?.max).toBeGreaterThanOrEqual(262_144 * KIB);
    expect(memory?.max).toBeLessThan((262_144 + 51_424) * KIB);
    expect(memory?.because).toMatch(/^the host has \d+ MiB to give above its reserve of 1024 MiB$/);
  });

  it('bounds vcpus by the overcommit ratio and what others have pledged', async () => {
    expect((await room(fixture('domstats-web.txt'), { cpu: 6 })).cpu).toEqual({
      min: 1,
      max: 2,
      step: 1,
      because: 'the host has 1 vcpus to give: 2 cpus x 4, 1 are in use',
    });
  });

  it('knows nothing against a meter that a busy domain does not tell', async () => {
    expect(await room("Domain: 'web'\n  vcpu.current=1\n  vcpu.maximum=4\n")).not.toHaveProperty('memory');
  });

  it('says that a domain which does not run is gone', async () => {
    await expect(room('')).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
  });
});
