import { Command } from 'commander';
import { cloudWatchCommand } from './import-cloudwatch.ts';
import { csvCommand } from './import-csv.ts';

/** `shadowcast import`: makes a trace CSV from measurements that were kept elsewhere (docs/history.md). */
export function importCommand(): Command {
  return new Command('import')
    .description('Makes a trace CSV from measurements that were kept elsewhere.')
    .addCommand(cloudWatchCommand())
    .addCommand(csvCommand());
}
