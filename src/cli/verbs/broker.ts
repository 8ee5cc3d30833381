import { randomBytes } from 'node:crypto';
import { Deferred } from '../../core/async';
import { UsageError } from '../../core/errors';
import type { VerbRun } from '../cli';

/** The usual port of MQTT without TLS. */
const MQTT_PORT = 1883;

/** `broker start [--lan] [--port N]`: an MQTT broker for boards, until Ctrl-C. */
export const run: VerbRun = async (cli, args) => {
  if (args.length !== 1 || args[0] !== 'start') {
    throw new UsageError('broker can do one thing: broker start');
  }
  const { LocalBroker } = await import('../../transports/mqtt/localBroker');
  const username = cli.env.MPYFLEET_BROKER_USER ?? 'mpyfleet';
  const given = cli.env.MPYFLEET_BROKER_PASSWORD;
  const password = given ?? randomBytes(12).toString('base64url');
  const broker = new LocalBroker(cli.log);
  const { port = MQTT_PORT, lan, json } = cli.options;
  const status = await broker.start({ port, username, password, lan });
  if (!status.running) return 2;
  const urls = [status.url, ...status.lanUrls];
  if (json) {
    cli.out(`${JSON.stringify({ urls, username, ...(given ? {} : { password }) })}\n`);
  } else {
    cli.out(`${urls.map((u) => `listening on ${u}\n`).join('')}user ${username}\n`);
    // A password of the user's own is not repeated on the screen.
    if (!given) cli.out(`password ${password}\n`);
  }
  const stopped = new Deferred<undefined>();
  cli.signal.addEventListener('abort', () => stopped.resolve(undefined), { once: true });
  await stopped.promise;
  await broker.stop();
  return 0;
};
