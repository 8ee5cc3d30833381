import { randomBytes } from 'node:crypto';
import { ProtocolError, UsageError } from '../../core/errors';
import type { ControlCommand } from '../../transports/mqtt';
import { printable, type Cli } from '../cli';
import {
  accountCommands,
  type AccountKind,
  isOwnRole,
  removeCommands,
  roleOf,
} from './dynamicSecurity';
import { loadLinks } from '../board';

const USAGE =
  'mpyfleet broker account list --broker ID, or account board UID, account person NAME, account remove NAME';

/** The broker's account manager. */
interface Manager {
  /** Sends commands and returns the data of their answers. @throws UsageError if one is refused */
  send(commands: readonly ControlCommand[]): Promise<readonly unknown[]>;
  /**
   * Returns the data of the answer. Undefined if the broker refuses because the named thing does
   * not exist.
   */
  find(command: ControlCommand): Promise<unknown>;
  readonly root: string | undefined;
}

/** Accounts listed in one answer. A broker sends no message of more than 64 kB here. */
const PAGE = 200;

/** `broker account list | board UID | person NAME | remove NAME`: accounts of a mosquitto with the dynamic security plug-in. */
export async function account(cli: Cli, action: string, args: readonly string[]): Promise<number> {
  const [name, ...more] = args;
  if (action === 'list' && name === undefined) return withBroker(cli, (to) => list(cli, to));
  if (name === undefined || more.length > 0)
    throw new UsageError('broker account', { hint: USAGE });
  if (action === 'board') {
    if (!/^[0-9a-f]{2,64}$/.test(name)) {
      throw new UsageError(`"${name}" is not a board's unique id`, {
        hint: 'It is 2 to 64 lower-case hex digits; "mpyfleet info" shows it.',
      });
    }
    return withBroker(cli, (to) => give(cli, to, 'board', name));
  }
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new UsageError('A name may hold letters, digits, ".", "_", "-" and "@"');
  }
  if (action === 'person') return withBroker(cli, (to) => give(cli, to, 'person', name));
  if (action === 'remove') return withBroker(cli, (to) => remove(to, name));
  throw new UsageError(`broker account has no "${action}"`, { hint: USAGE });
}

/** Connects as the administrator of the plug-in, whose password is in MPYFLEET_BROKER_PASSWORD. */
async function withBroker(cli: Cli, work: (manager: Manager) => Promise<number>): Promise<number> {
  const { broker: id } = cli.options;
  if (id === undefined) throw new UsageError('Name the broker with --broker', { hint: USAGE });
  const links = await loadLinks(cli);
  try {
    const connection = await links.brokers.connection(id);
    try {
      const { control } = await import('../../transports/mqtt/brokerControl');
      return await work({
        root: connection.profile.root,
        find: async (command) => {
          const [answer] = await control(connection, [command], cli.signal);
          return answer?.error === undefined ? (answer?.data ?? {}) : undefined;
        },
        send: async (commands) => {
          const answers = await control(connection, commands, cli.signal);
          const error = answers.find((answer) => answer.error !== undefined)?.error;
          if (error === undefined) return answers.map(({ data }) => data);
          throw new UsageError(`${connection.profile.name} refused it: ${printable(error)}`);
        },
      });
    } finally {
      await connection.disconnect();
    }
  } finally {
    await links.close();
  }
}

/** Gives an account a new password. An existing account that was not made here is left alone. */
async function give(cli: Cli, to: Manager, kind: AccountKind, name: string): Promise<number> {
  const rolename = roleOf(kind, name);
  const known = await accountOf(to, name);
  if (known && !known.roles.every(isOwnRole)) {
    throw new UsageError(`${name} is an account of someone else`, {
      hint: 'It has other roles, so it was not made by mpyfleet. Choose another name.',
    });
  }
  const role = await to.find({ command: 'getRole', rolename });
  const password = randomBytes(18).toString('base64url');
  const isNew = { role: role === undefined, client: !known };
  await to.send(accountCommands({ kind, name, password }, isNew, to.root));
  cli.out(
    cli.options.json
      ? `${JSON.stringify({ username: name, password })}\n`
      : `user ${name}\npassword ${password}\n`,
  );
  return 0;
}

async function remove(to: Manager, name: string): Promise<number> {
  const known = await accountOf(to, name);
  if (!known?.roles.some(isOwnRole) || !known.roles.every(isOwnRole)) {
    throw new UsageError(`mpyfleet has created no account ${name} at this broker`);
  }
  await to.send(removeCommands(name, known.roles[0]));
  return 0;
}

async function list(cli: Cli, to: Manager): Promise<number> {
  const own: KnownAccount[] = [];
  for (let offset = 0, more = true; more; offset += PAGE) {
    const [data] = await to.send([{ command: 'listClients', verbose: true, count: PAGE, offset }]);
    const { clients } = (data ?? {}) as { clients?: unknown };
    if (!Array.isArray(clients)) throw invalid();
    own.push(...clients.map(accountIn).filter(({ roles }) => roles.some(isOwnRole)));
    more = clients.length === PAGE;
  }
  const shown = own.map(({ username, roles }) => ({
    username,
    kind: roles.includes(roleOf('person', username)) ? 'person' : 'board',
  }));
  if (cli.options.json) cli.out(`${JSON.stringify(shown, undefined, 2)}\n`);
  for (const { username, kind } of cli.options.json ? [] : shown) {
    cli.out(`${kind.padEnd(6)}  ${printable(username)}\n`);
  }
  return 0;
}

interface KnownAccount {
  readonly username: string;
  readonly roles: readonly string[];
}

async function accountOf(to: Manager, username: string): Promise<KnownAccount | undefined> {
  const data = await to.find({ command: 'getClient', username });
  return data === undefined ? undefined : accountIn((data as { client?: unknown }).client);
}

function accountIn(client: unknown): KnownAccount {
  const { username, roles } = (client ?? {}) as { username?: unknown; roles?: unknown };
  if (typeof username !== 'string' || !Array.isArray(roles)) throw invalid();
  const names = roles.flatMap((role: unknown) => {
    const { rolename } = (role ?? {}) as { rolename?: unknown };
    return typeof rolename === 'string' ? [rolename] : [];
  });
  return { username, roles: names };
}

function invalid(): ProtocolError {
  return new ProtocolError("The broker's list of accounts is invalid");
}
