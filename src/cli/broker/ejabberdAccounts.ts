import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { abortError } from '../../core/async';
import { asError, UsageError } from '../../core/errors';
import { printable, type Cli } from '../cli';

// Manages accounts of ejabberd with its own command, ejabberdctl (docs.ejabberd.im, "API
// Reference": register, unregister, registered_users, which need none of its optional modules). Its
// rules define the rights: `mpyfleet broker rules ejabberd`.

const USAGE =
  'mpyfleet broker account list --ejabberd HOST, or account board UID, account person NAME, account remove NAME';
/** Default user name of computers, as in `broker rules`. People's names are appended to it. */
const RULES_USER = 'fleet';
/** Matches a unique id, the user name of a board. */
const UID = /^[0-9a-f]{2,64}$/;
/**
 * Matches names without upper case, so that ejabberd never treats two accounts as one. They need no
 * quotes in a shell either.
 */
const NAME = /^[a-z0-9._-]{1,40}$/;
/** The answer is a list of names, one per line. */
const MAX_ANSWER = 16 * 1024 * 1024;

interface Ejabberd {
  /** Runs a command of ejabberdctl and returns what it prints. @throws UsageError if it fails */
  call(...args: string[]): Promise<string>;
  exists(name: string, host: string): Promise<boolean>;
}

/** `broker account … --ejabberd HOST`: accounts of boards and people at the virtual host. */
export async function ejabberdAccount(
  cli: Cli,
  host: string,
  action: string,
  args: readonly string[],
): Promise<number> {
  const [name, ...more] = args;
  if (!/^[a-z0-9.-]{1,253}$/.test(host))
    throw new UsageError(`"${host}" is not a host of ejabberd`);
  const prefix = `${cli.env.MPYFLEET_BROKER_USER ?? RULES_USER}-`;
  const server = ejabberd(cli);
  if (action === 'list' && name === undefined) return list(cli, server, host, prefix);
  if (name === undefined || more.length > 0)
    throw new UsageError('broker account', { hint: USAGE });
  if (action === 'board') {
    if (!UID.test(name)) {
      throw new UsageError(`"${name}" is not a board's unique id`, {
        hint: 'It is 2 to 64 lower-case hex digits; "mpyfleet info" shows it.',
      });
    }
    return give(cli, server, host, name);
  }
  if (!NAME.test(name)) {
    throw new UsageError('A name may hold lower-case letters, digits, ".", "_" and "-"');
  }
  if (action === 'person') return give(cli, server, host, prefix + name);
  if (action === 'remove') return remove(server, host, UID.test(name) ? name : prefix + name);
  throw new UsageError(`broker account has no "${action}"`, { hint: USAGE });
}

/** Creates the account, or gives it a new password. */
async function give(cli: Cli, server: Ejabberd, host: string, user: string): Promise<number> {
  const password = randomBytes(18).toString('base64url');
  // Changing a password needs a module that not every ejabberd has, so the account is created
  // again. It holds nothing else.
  if (await server.exists(user, host)) await server.call('unregister', user, host);
  await server.call('register', user, host, password);
  const username = `${user}@${host}`;
  cli.out(
    cli.options.json
      ? `${JSON.stringify({ username, password })}\n`
      : `user ${username}\npassword ${password}\n`,
  );
  return 0;
}

async function remove(server: Ejabberd, host: string, user: string): Promise<number> {
  if (!(await server.exists(user, host))) {
    throw new UsageError(`There is no account ${user}@${host} at this broker`);
  }
  await server.call('unregister', user, host);
  return 0;
}

async function list(cli: Cli, server: Ejabberd, host: string, prefix: string): Promise<number> {
  const shown = (await server.call('registered_users', host))
    .split(/\r?\n/)
    .flatMap((user) =>
      UID.test(user)
        ? [{ username: `${user}@${host}`, kind: 'board' }]
        : user.startsWith(prefix)
          ? [{ username: `${user}@${host}`, kind: 'person' }]
          : [],
    );
  if (cli.options.json) cli.out(`${JSON.stringify(shown, undefined, 2)}\n`);
  for (const { username, kind } of cli.options.json ? [] : shown) {
    cli.out(`${kind.padEnd(6)}  ${printable(username)}\n`);
  }
  return 0;
}

/** Runs ejabberdctl, or what MPYFLEET_EJABBERDCTL names, such as `ssh broker sudo ejabberdctl`. */
function ejabberd(cli: Cli): Ejabberd {
  const words = (cli.env.MPYFLEET_EJABBERDCTL ?? 'ejabberdctl').split(' ').filter(Boolean);
  const [program = 'ejabberdctl', ...before] = words;
  const run = (args: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const options = { cwd: cli.cwd, signal: cli.signal, maxBuffer: MAX_ANSWER };
      execFile(program, [...before, ...args], options, (error, out, err) => {
        if (!error) resolve(out);
        else if (cli.signal.aborted) reject(abortError(cli.signal));
        else if (error.code === undefined) reject(asError(error));
        else reject(new EjabberdError(program, `${out}\n${err}`, error));
      });
    });
  return {
    call: (...args) => run(args),
    exists: async (name, host) => {
      const users = await run(['registered_users', host]);
      return users.split(/\r?\n/).includes(name);
    },
  };
}

/** Reports that ejabberdctl refused a command or cannot be started. */
class EjabberdError extends UsageError {
  constructor(program: string, said: string, cause: NodeJS.ErrnoException | Error) {
    const words = printable(said.trim().slice(0, 300));
    const isMissing = 'code' in cause && cause.code === 'ENOENT';
    super(
      isMissing
        ? `${program} is not installed on this computer`
        : `ejabberdctl says: ${words || 'nothing'}`,
      {
        cause,
        hint: 'Run this where ejabberd runs, or set MPYFLEET_EJABBERDCTL, for example to "ssh broker sudo ejabberdctl".',
      },
    );
  }
}
