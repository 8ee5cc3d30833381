import { randomBytes } from 'node:crypto';
import { aborted } from '../../core/async';
import { ejabberdRules, mosquittoRules } from '../../core/broker/accessRules';
import { asError, UsageError } from '../../core/errors';
import { printable, type Cli, type VerbRun } from '../cli';
import { loadRegistry, ownRegistry } from '../board';
import {
  boardLoginOf,
  offerControl,
  passwordVariable,
  runningBrokers,
  stopBroker,
} from '../broker';
import { EXIT } from '../exitStatus';

/** The usual port of MQTT without TLS. */
const MQTT_PORT = 1883;
/** Default user name of computers, at the embedded broker and in printed rules; MPYFLEET_BROKER_USER replaces it. */
const EMBEDDED_USER = 'mpyfleet';
const RULES_USER = 'fleet';

/** `broker start [--lan] [--port N]`, `broker stop|status`, `broker login UID`, `broker rules mosquitto|ejabberd`, `broker account …`. */
export const run: VerbRun = async (cli, args) => {
  const [action, what, ...more] = args;
  if (action === 'start' && what === undefined) return start(cli);
  if (action === 'stop' && what === undefined) return stop(cli);
  if (action === 'status' && what === undefined) return status(cli);
  if (action === 'login' && what !== undefined && more.length === 0) return login(cli, what);
  if (action === 'account' && what !== undefined) {
    if (cli.options.ejabberd !== undefined) {
      const { ejabberdAccount } = await import('../broker/ejabberdAccounts');
      return ejabberdAccount(cli, cli.options.ejabberd, what, more);
    }
    return (await import('../broker/accounts')).account(cli, what, more);
  }
  if (action === 'rules' && what !== undefined && more.length === 0) return rules(cli, what);
  throw new UsageError('broker needs an action', {
    hint: 'Use "broker start", "broker stop", "broker status", "broker login UID", "broker rules mosquitto" (or ejabberd) or "broker account list".',
  });
};

/** Runs an MQTT broker for boards until Ctrl-C. */
async function start(cli: Cli): Promise<number> {
  const { LocalBroker } = await import('../../transports/mqtt/localBroker');
  const username = cli.env.MPYFLEET_BROKER_USER ?? EMBEDDED_USER;
  const given = cli.env.MPYFLEET_BROKER_PASSWORD;
  const password = given ?? randomBytes(12).toString('base64url');
  const broker = new LocalBroker(cli.log);
  const { port = MQTT_PORT, lan, json } = cli.options;
  const status = await broker.start({
    ...{ port, username, password, lan, boardSecret: password },
    // Boards that use the computers' login are limited to their own topics, too.
    common: { username, password, isRetired: () => false },
  });
  if (!status.running) return 2;
  const urls = [status.url, ...status.lanUrls];
  if (json) {
    cli.out(`${JSON.stringify({ urls, username, ...(given ? {} : { password }) })}\n`);
  } else {
    cli.out(`${urls.map((u) => `listening on ${u}\n`).join('')}user ${username}\n`);
    // A password that the user chose is not shown on the screen.
    if (!given) cli.out(`password ${password}\n`);
    cli.err(await nextStep(cli, status.url, username));
  }
  const told = new AbortController();
  const actual = Number(new URL(status.url).port);
  const close = await offerControl(cli.env, { port: actual, urls, username }, () => told.abort());
  try {
    await aborted(AbortSignal.any([cli.signal, told.signal]));
  } finally {
    await broker.stop();
    await close();
  }
  return 0;
}

/** Says how commands reach a new broker; "" if `fleet.json` names it. */
async function nextStep(cli: Cli, url: string, username: string): Promise<string> {
  let registry: Awaited<ReturnType<typeof loadRegistry>>;
  try {
    registry = await loadRegistry(cli.cwd, cli.env);
  } catch (error) {
    return `${asError(error).message}\n`; // the broker runs without that file
  }
  if (registry.brokers.some((broker) => broker.url === url)) return '';
  const entry = JSON.stringify({ brokers: { local: { url, username } } });
  const path = printable(cli.env.MPYFLEET_CONFIG ?? ownRegistry(cli.env));
  return `Commands reach it with ${entry} in ${path}, and its password in ${passwordVariable('local')}: mpyfleet -b BOARD agent put --broker local\n`;
}

/** Stops the broker of --port, else the only one. */
async function stop(cli: Cli): Promise<number> {
  const running = await runningBrokers(cli.env);
  const ports = running.map((b) => b.port);
  const { port = ports.length === 1 ? ports[0] : undefined } = cli.options;
  if (port === undefined || !ports.includes(port)) {
    const known = ports.length === 0 ? 'No broker runs' : `Brokers run at port ${ports.join(', ')}`;
    throw new UsageError(`${known} on this computer that this user has started with mpyfleet`, {
      ...(ports.length > 1 ? { hint: 'Name one with --port.' } : {}),
    });
  }
  await stopBroker(cli.env, port);
  cli.err(`The broker at port ${port} stops\n`);
  return EXIT.ok;
}

/** Prints the running brokers. Exit status 1 if none runs. */
async function status(cli: Cli): Promise<number> {
  const running = await runningBrokers(cli.env);
  if (cli.options.json) cli.out(`${JSON.stringify(running)}\n`);
  else if (running.length === 0) cli.out('No broker runs\n');
  for (const { urls, username, pid, since } of cli.options.json ? [] : running) {
    cli.out(`${urls.join(' ')}  user ${username}  process ${pid}  since ${since}\n`);
  }
  return running.length === 0 ? EXIT.board : EXIT.ok;
}

/**
 * Prints the login of one board at the broker that `broker start` runs with the same
 * MPYFLEET_BROKER_PASSWORD.
 */
function login(cli: Cli, uid: string): Promise<number> {
  if (!/^[0-9a-f]{2,64}$/.test(uid)) {
    throw new UsageError(`"${uid}" is not a board's unique id`, {
      hint: 'It is 2 to 64 lower-case hex digits; "mpyfleet info" shows it.',
    });
  }
  const { username, password } = boardLoginOf(cli, uid);
  cli.out(
    cli.options.json
      ? `${JSON.stringify({ username, password })}\n`
      : `user ${username}\npassword ${password}\n`,
  );
  return Promise.resolve(0);
}

/** Prints access rules for a broker of the user's own. */
function rules(cli: Cli, broker: string): Promise<number> {
  const user = cli.env.MPYFLEET_BROKER_USER ?? RULES_USER;
  if (!/^[\w.@-]{1,64}$/.test(user)) {
    throw new UsageError('MPYFLEET_BROKER_USER may hold letters, digits, ".", "_", "-" and "@"');
  }
  if (broker === 'mosquitto') cli.out(mosquittoRules(user));
  else if (broker === 'ejabberd') cli.out(ejabberdRules(user));
  else throw new UsageError(`There are rules for mosquitto and ejabberd, not for "${broker}"`);
  return Promise.resolve(0);
}
