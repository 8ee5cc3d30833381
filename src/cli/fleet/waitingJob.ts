import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AGENT_VERSION } from '../../core/agent';
import { readApp } from '../../core/apps';
import { asError, UsageError } from '../../core/errors';
import {
  type ActionBoard,
  type ActionServices,
  type PendingJob,
  runStored,
  updateAgentOn,
  updateFirmwareOn,
  type UploadServices,
} from '../../core/many';
import { compileForBoard, sha256 } from '../../core/packages';
import { bundledAgent, bundledFiles } from '../files';
import { printable, type Cli } from '../cli';
import type { CliBoard } from '../board';
import { deployTo, GroupUpload } from '.';
import { mpyCross, packageBoard } from '../packages';

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
  await runStored(place, action, { signal, print }, { ...services, ...upload });
}

const services: ActionServices<JobBoard> = {
  updateAgent: async ({ board }, io) => {
    const agent = { version: AGENT_VERSION, sourceOf: bundledAgent };
    const isNew = await updateAgentOn(await board.overTheAir(), agent, { signal: io.signal });
    io.print(`${isNew ? 'runs' : 'already runs'} agent ${AGENT_VERSION}\n`);
  },
  updateFirmware: async ({ board }, { file, label, sha256: chosen }, io) => {
    const image = await imageAt(file);
    if (sha256(image) !== chosen) {
      throw new UsageError(`${label} has changed since it was chosen`, {
        hint: `Choose the firmware for ${board.name} again.`,
      });
    }
    await updateFirmwareOn(await board.overTheAir(), image, { signal: io.signal });
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
};

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

/** @throws UsageError if the file is not on this computer, or cannot be read */
async function imageAt(uri: string): Promise<Uint8Array> {
  try {
    return await readFile(fileURLToPath(uri));
  } catch (cause) {
    throw new UsageError(`${uri} cannot be read: ${asError(cause).message}`, { cause });
  }
}
