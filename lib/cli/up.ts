import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../core/duration.ts';
import { messageOf } from '../core/fault.ts';
import type { UpOptions } from '../local/up.ts';

const DEMO_POLICIES = join(import.meta.dirname, '../../policies/demo.yaml');

/** `shadowcast up`, which `npm start` is: the whole path on this machine. */
export function upCommand(): Command {
  return new Command('up')
    .description('Runs the whole path on this machine: trace, forecast, decide and resize, with a live page')
    .option('--for <duration>', 'stop after this long, for instance 60s (default: until Ctrl-C)', duration)
    .option('--headless', 'no page', false)
    .option('--port <port>', 'port of the page on 127.0.0.1; a free one is taken when it is in use', port, 4600)
    .option('--speed <factor>', 'play the recordings this many times faster', positive, 1)
    .option('--json', 'print the summary as one JSON line on stdout; everything else goes to stderr', false)
    .addOption(
      new Option('--policies <file>', 'policy file').default(DEMO_POLICIES, 'policies/demo.yaml of this package'),
    )
    .option(
      '--libvirt <uri>',
      'resize the domains of this libvirt host instead of the simulated one, for instance qemu:///system',
      libvirtUri,
    )
    .addHelpText('after', '\nNothing leaves this machine and no AWS account is needed.')
    .action(async (options: UpOptions) => {
      const { up } = await import('../local/up.ts');
      await up(options);
    });
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('wanted a port from 0 to 65535');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('wanted a number above 0, at most 1000');
  return value;
}

/** A scheme and something after it; what follows is for libvirt to judge. https://libvirt.org/uri.html */
function libvirtUri(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new InvalidArgumentError('wanted a libvirt URI, for instance qemu:///system');
  return text;
}
