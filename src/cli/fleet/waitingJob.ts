import { readApp } from '../../core/apps';
import {
  type ActionBoard,
  type ActionServices,
  type PendingJob,
  runStored,
  updateAgentOn,
  updateFirmwareOn,
  type UploadServices,
} from '../../core/many';
import { compileForBoard } from '../../core/packages';
import { bundledFiles } from '../files';
import { printable, type Cli } from '../cli';
import type { CliBoard } from '../board';
import { deployTo, GroupUpload } from '.';
import { mpyCross, packageBoard } from '../packages';
import { pinnedAgent, pinnedFirmware } from '../updates';

/** A board of the command line, as actions use it. */
interface JobBoard extends ActionBoard {
  readonly board: CliBoard;
}

/** Does a job that a window left waiting. @throws what the job would throw in the window */
export async function runJob(
  cli: Cli,
  board: CliBoard,
  { action }: Pick<PendingJob, 'action'>,
): Promise<void> {
  const { signal } = cli;
  const print = (words: string) => {
    for (const line of words.split('\n').filter((l) => l !== '')) {
      cli.err(printable(`${board.name}: ${line}\n`));
    }
  };
  const place: JobBoard = {
    board,
    files: board.files,
    exec: (code, options) =>
      board.withSession((session) => session.exec(code, options), { signal: options.signal }),
    reset: async (mode) => (await board.transport(signal)).reset(mode, signal),
  };
  const compile = action.kind === 'upload' && action.compile === true;
  const upload = compile ? { upload: compiling(cli) } : {};
  await runStored(place, action, { signal, print }, { ...servicesOf(cli), ...upload });
}

const servicesOf = (cli: Cli): ActionServices<JobBoard> => ({
  updateAgent: async ({ board }, { release }, io) => {
    const agent = await pinnedAgent(cli, release);
    const isNew = await updateAgentOn(await board.overTheAir(), agent, { signal: io.signal });
    io.print(`${isNew ? 'runs' : 'already runs'} agent ${agent.version}\n`);
  },
  updateFirmware: async ({ board }, { file, sha256 }, io) => {
    const firmware = await pinnedFirmware(cli, { url: file, sha256 });
    await updateFirmwareOn(await board.overTheAir(), firmware, { signal: io.signal });
    io.print('runs the new firmware\n');
  },
  // Nothing to do: the watcher deploys assigned apps to each board that connects.
  deployApp: async ({ board }, { app }, { signal, ...job }) => {
    if (!app) return;
    const say = (words: string) => job.print(words);
    const io = { signal, progress: () => undefined, say };
    const read = await readApp(app.folder, app.ref, signal);
    const groups = new GroupUpload(signal);
    await deployTo({ board, boards: [board], io, groups }, read, await bundledFiles('fleet'));
  },
});

/** Compiles source for each board, like the window that left the job. */
function compiling(cli: Cli): UploadServices<JobBoard> {
  return {
    compiles: true,
    compiler: async ({ board }, signal) => {
      const kind = await packageBoard(cli, board, signal);
      const cross = mpyCross(cli);
      return (path, content) => compileForBoard(path, content, kind, cross);
    },
    uploaded: () => Promise.resolve(),
  };
}
