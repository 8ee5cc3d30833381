import { join } from 'node:path';
import { counted } from '../../core/counted';
import { aborted } from '../../core/async';
import { UsageError } from '../../core/errors';
import { replaceFile } from '../../core/localFiles';
import { applyAssigned, runSchedules, runWaiting, watchUnit, whileWatching } from '../fleet';
import { type Cli, type VerbRun } from '../cli';
import { configHome } from '../configHome';

/**
 * `watch`: collects messages of boards, and delivers the messages, apps and jobs that wait for
 * them, until Ctrl-C.
 */
export const run: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('watch takes no arguments');
  if (cli.options.install) return install(cli);
  return whileWatching(cli, async (watched) => {
    const { hub, collector } = watched;
    const counting = collector.onDidStore((rows) =>
      cli.log.info(`${counted(rows.length, 'message')} of ${rows[0]?.uid ?? ''}`),
    );
    cli.err(`Watching ${hub.all.map((b) => b.profile.name).join(', ')}; Ctrl-C ends it\n`);
    const schedules = runSchedules(cli);
    const assigned = applyAssigned(cli, watched);
    const endWaiting = runWaiting(cli, watched);
    await aborted(cli.signal);
    await endWaiting();
    assigned.dispose();
    schedules.dispose();
    counting.dispose();
    return 0;
  });
};

async function install(cli: Cli): Promise<number> {
  const config = configHome(cli.env);
  const folder = join(config, 'systemd', 'user');
  const file = join(folder, 'mpyfleet-watch.service');
  const program = [process.execPath, process.argv[1] ?? ''];
  await replaceFile(file, watchUnit({ program, cwd: cli.cwd, config, env: cli.env }), {
    follow: true,
  });
  cli.out(`${file}\n`);
  cli.err(
    'Start it: systemctl --user enable --now mpyfleet-watch\nTo run it without a login: loginctl enable-linger\n',
  );
  return 0;
}
