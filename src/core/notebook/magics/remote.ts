import * as l10n from '@vscode/l10n';
import { UsageError } from '../../errors';
import type { Magic, MagicCall } from '../magic';
import { runProgram } from '../runProcess';

/** Longest value of a variable in characters: systems limit a program's environment. */
const VARIABLE_LIMIT = 100_000;

/** Runs the body of the cell with another program on this computer. */
async function through(call: MagicCall, program: string, args: readonly string[]): Promise<void> {
  const { kernel, out, signal, body } = call;
  kernel.host.requireTrust();
  const stdout = keeping(call, 'out', (text) => out.text(text));
  const stderr = keeping(call, 'err', (text) => out.note(text));
  await runProgram({
    program,
    args,
    input: body,
    cwd: kernel.here.folder,
    env: kernel.here.environment,
    signal,
    onOut: stdout.take,
    onErr: stderr.take,
  });
  stdout.end();
  stderr.end();
}

/** Returns the target of a stream: the cell, or the variable named by --out or --err. */
function keeping({ kernel, args }: MagicCall, option: string, show: (text: string) => void) {
  const name = args.value(option);
  if (name === undefined) return { take: show, end: () => undefined };
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new UsageError(l10n.t('"{0}" is not a valid variable name', name));
  }
  let kept = '';
  return {
    take: (text: string) => void (kept = (kept + text).slice(0, VARIABLE_LIMIT)),
    end: () => kernel.here.setVariable(name, kept.trimEnd()),
  };
}

/** Checks a name so that the program does not read it as an option. */
function name(call: MagicCall, what: string): string {
  const { first = '' } = call.args;
  if (/^[A-Za-z0-9_][\w.@:[\]-]*$/.test(first)) return first;
  throw new UsageError(l10n.t('"{0}" is not a valid name for a {1}', first, what));
}

async function service(call: MagicCall): Promise<void> {
  const container = name(call, 'service');
  const shell = shellOf(call);
  const user = call.args.value('user');
  if (user !== undefined && !/^[A-Za-z0-9_][\w.:-]*$/.test(user)) {
    throw new UsageError(l10n.t('"{0}" is not a valid user', user));
  }
  const as = user === undefined ? [] : ['-u', user];
  const given = call.args.value('engine');
  const engines = given === undefined ? ['docker', 'podman'] : [given];
  if (engines.some((e) => e !== 'docker' && e !== 'podman')) {
    throw new UsageError(l10n.t('The engine must be docker or podman'));
  }
  for (const [at, engine] of engines.entries()) {
    try {
      await through(call, engine, ['exec', '-i', ...as, container, shell, '-s']);
      return;
    } catch (error) {
      const missing = error instanceof UsageError && error.message.startsWith(engine);
      if (!missing || at < engines.length - 1) {
        if (!missing) throw error;
        continue;
      }
      throw new UsageError(l10n.t('Neither docker nor podman is installed on this computer'), {
        cause: error,
        hint: l10n.t('%%service runs a cell in a container of one of them.'),
      });
    }
  }
}

/** Returns the shell that reads the cell. */
function shellOf({ args }: MagicCall): string {
  const shell = args.value('shell') ?? 'sh';
  if (/^[\w./][\w./-]*$/.test(shell)) return shell;
  throw new UsageError(l10n.t('"{0}" is not a shell', shell));
}

const streams = [
  {
    long: '--out',
    value: 'NAME',
    help: () => l10n.t('store the output in a variable, for ! and %%bash'),
  },
  { long: '--err', value: 'NAME', help: () => l10n.t('store the error output in a variable') },
];

/** Magics that work on other computers and in containers. */
export const remoteMagics: readonly Magic[] = [
  {
    name: '%%ssh',
    summary: () => l10n.t('Run the cell with a shell on another computer, over ssh.'),
    more: () =>
      l10n.t(
        "The system's ssh with its own keys and settings. A host whose key is not known is refused: connect once in a terminal.",
      ),
    options: [
      {
        short: '-p',
        long: '--port',
        value: 'PORT',
        help: () => l10n.t('the port; default: that of your ssh settings, else 22'),
      },
      {
        short: '-s',
        long: '--shell',
        value: 'SHELL',
        help: () => l10n.t('the shell there; default: sh'),
      },
      ...streams,
      { long: '--password', value: 'PASSWORD', help: () => l10n.t('not supported: use a key') },
    ],
    args: [{ name: 'host', help: () => l10n.t('HOST or USER@HOST'), count: 'one' }],
    run: (call) => {
      const host = name(call, 'computer');
      const shell = shellOf(call);
      if (call.args.has('password')) {
        throw new UsageError(
          l10n.t('%%ssh takes no password, which would be saved in the notebook'),
          {
            hint: l10n.t('Set up a key: ssh-copy-id {0}', host),
          },
        );
      }
      const port = call.args.value('port');
      if (port !== undefined && !/^\d{1,5}$/.test(port)) {
        throw new UsageError(l10n.t('"{0}" is not a port', port));
      }
      const checks = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
      const at = port === undefined ? [] : ['-p', port];
      return through(call, 'ssh', [...checks, ...at, '-T', '--', host, shell, '-s']);
    },
  },
  {
    name: '%%service',
    summary: () => l10n.t('Run the cell with a shell in a container (docker or podman).'),
    options: [
      {
        short: '-e',
        long: '--engine',
        value: 'ENGINE',
        help: () => l10n.t('docker or podman; default: the installed one'),
      },
      {
        short: '-u',
        long: '--user',
        value: 'USER',
        help: () => l10n.t('name or id, also USER:GROUP'),
      },
      {
        short: '-s',
        long: '--shell',
        value: 'SHELL',
        help: () => l10n.t('the shell there; default: sh'),
      },
      ...streams,
    ],
    args: [{ name: 'service', help: () => l10n.t("the container's name"), count: 'one' }],
    run: service,
  },
];
