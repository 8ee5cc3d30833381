import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { counted } from '../../core/counted';
import { installStartUp, KeptScripts } from '../../core/apps';
import { withoutBom } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { runFile } from './exec';

const USAGE = 'mpyfleet -b kitchen script install water.py';

/** Prefix of the name of a kept script used instead of a file. */
const KEPT = /^kept:(.*)$/;

/** `script run|install FILE`, `script start|stop|restart|status`, `script keep|list|forget`. */
export const run: VerbRun = (cli, args) => {
  const [action = '', ...rest] = args;
  if (action === 'run')
    return runFile(
      cli,
      rest.map((file) => pathOf(cli, file)),
    );
  if (Object.hasOwn(KEEPING, action)) return KEEPING[action as keyof typeof KEEPING](cli, rest);
  if (action === 'install') return install(cli, rest);
  if (Object.hasOwn(ACTIONS, action) && rest.length === 0) {
    const act = ACTIONS[action as keyof typeof ACTIONS];
    return runOnBoards(cli, 'Working', async (board, io) => {
      const answer = await act(board, io.signal);
      io.say(`${printable(answer.words)}\n`);
      return answer;
    });
  }
  throw new UsageError(action ? `script has no "${args.join(' ')}"` : 'script needs an action', {
    hint: `Actions: run FILE, install FILE, start, stop, restart, status, keep FILE, list, forget NAME. Example: ${USAGE}`,
  });
};

async function install(cli: Cli, [file, ...more]: readonly string[]): Promise<number> {
  if (file === undefined || more.length > 0) {
    throw new UsageError('script install needs one local file', { hint: USAGE });
  }
  const script = withoutBom(await readFile(resolve(cli.cwd, pathOf(cli, file))));
  return runOnBoards(cli, 'Installing', async (board, io) => {
    const { signal } = io;
    const agent = await board.brokersLink.agentAt(board.address);
    const done = await installStartUp(board.files, script, agent?.control, signal);
    await (await board.transport(signal)).reset(agent ? 'hard' : 'soft', signal);
    const kept = done.kept ? `; the previous program is in ${done.kept}` : '';
    io.say(`${printable(`${file} starts with the board from now on${kept}`)}\n`);
    return done;
  });
}

/**
 * Returns the path of a script: the path of a file unchanged, that of `kept:NAME` in the state
 * folder.
 */
function pathOf(cli: Cli, file: string): string {
  const name = KEPT.exec(file)?.[1];
  return name === undefined ? file : new KeptScripts(cli.env).path(name);
}

const KEEPING = {
  keep: async (cli: Cli, [file, ...more]: readonly string[]): Promise<number> => {
    if (file === undefined || more.length > 0) {
      throw new UsageError('script keep needs one local file', {
        hint: 'mpyfleet script keep water.py',
      });
    }
    const content = withoutBom(await readFile(resolve(cli.cwd, file)));
    await new KeptScripts(cli.env).keep(basename(file), content);
    cli.out(`${printable(`kept:${basename(file)}`)}\n`);
    return 0;
  },
  list: async (cli: Cli): Promise<number> => {
    const names = await new KeptScripts(cli.env).list();
    if (cli.options.json) cli.out(`${JSON.stringify(names)}\n`);
    else for (const name of names) cli.out(`kept:${name}\n`);
    return 0;
  },
  forget: async (cli: Cli, [name, ...more]: readonly string[]): Promise<number> => {
    if (name === undefined || more.length > 0) {
      throw new UsageError('script forget needs one name', {
        hint: 'mpyfleet script list shows the names.',
      });
    }
    await new KeptScripts(cli.env).remove(name.replace(KEPT, '$1'));
    return 0;
  },
};

interface Answer {
  readonly words: string;
  readonly running?: boolean;
}
type Action = (board: CliBoard, signal: AbortSignal) => Promise<Answer>;

const start: Action = async (board, signal) => {
  const agent = await board.brokersLink.agentAt(board.address);
  if (agent?.control.birth?.safe) {
    throw new UsageError(`${board.name} is in safe mode, so its program does not start`, {
      hint: `mpyfleet -b ${board.name} reset --normal leaves safe mode.`,
    });
  }
  if (agent) await agent.control.app('start', signal);
  else await (await board.transport(signal)).reset('soft', signal);
  return { words: 'started', running: true };
};

const stop: Action = async (board, signal) => {
  const transport = await board.transport(signal);
  // Stopping the program is the purpose of this command, so --stop is not needed. An agent stops it
  // when it has to run code.
  await transport.withSession((session) => session.exec('', { signal }), {
    ...{ mayInterrupt: true, signal },
  });
  return { words: 'stopped', running: false };
};

const restart: Action = async (board, signal) => {
  await stop(board, signal);
  return { ...(await start(board, signal)), words: 'restarted' };
};

const status: Action = async (board, signal) => {
  const agent = await board.brokersLink.agentAt(board.address);
  if (!agent) {
    throw new UsageError(`${board.name} is not behind a broker`, {
      hint: 'mpyfleet log shows what the program of a board on a cable prints.',
    });
  }
  const { running, path, starts, error } = await agent.control.app('info', signal);
  if (agent.control.birth?.safe) {
    return { words: 'in safe mode: its program does not run', running };
  }
  if (!path) return { words: 'it has no program', running };
  const state = running ? 'runs' : 'does not run';
  const end = error === '' ? '' : `\nit ended last with: ${error}`;
  return {
    words: `${path} ${state}, started ${counted(starts, 'time')}${end}`,
    running,
  };
};

const ACTIONS = { start, stop, restart, status };
