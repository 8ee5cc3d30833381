import { aborted, systemClock } from '../../core/async';
import { payloadText, type TopicMessage } from '../../core/topics';
import { utf8 } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import type { Broker } from '../../core/broker/broker';
import { printable, type Cli, type VerbRun } from '../cli';
import { jsonContent } from '../files';
import { loadLinks, type Links } from '../board';

/** `topic watch FILTER`, `topic publish TOPIC TEXT`: topics of the user's own at brokers. */
export const run: VerbRun = async (cli, args) => {
  const [action, topic, text, ...more] = args;
  const links = await loadLinks(cli);
  try {
    if (action === 'watch' && topic !== undefined && text === undefined) {
      return await watch(cli, links, topic);
    }
    if (action === 'publish' && topic !== undefined && text !== undefined && more.length === 0) {
      const [broker, other] = await brokers(cli, links);
      if (!broker || other) throw new UsageError('Name the broker with --broker');
      await broker.topics.publish(topic, utf8(text), { retain: cli.options.retain });
      return 0;
    }
  } finally {
    await links.close();
  }
  throw new UsageError('topic needs an action', {
    hint: 'mpyfleet topic watch "mpy/+/out/#", or mpyfleet topic publish TOPIC TEXT',
  });
};

async function watch(cli: Cli, links: Links, filter: string): Promise<number> {
  const all = await brokers(cli, links);
  const ended = new AbortController();
  let refused: UsageError | undefined;
  const watching = all.map((broker) =>
    broker.topics.watch(
      filter,
      (message) => cli.out(cli.options.json ? `${json(message)}\n` : `${line(message)}\n`),
      () => {
        refused = new UsageError(`${broker.profile.name} does not allow watching ${filter}`, {
          hint: 'Check the access rules of the broker.',
        });
        ended.abort();
      },
    ),
  );
  const { timeoutMs } = cli.options;
  const timer = timeoutMs ? systemClock.after(timeoutMs, () => ended.abort()) : undefined;
  await aborted(AbortSignal.any([cli.signal, ended.signal]));
  timer?.dispose();
  for (const one of watching) one.dispose();
  if (refused) throw refused;
  return 0;
}

/**
 * Returns the broker of --broker, else all of the configuration.
 * @throws UsageError if there is none
 */
async function brokers(cli: Cli, links: Links): Promise<readonly Broker[]> {
  const { broker } = cli.options;
  if (broker !== undefined) return [await links.brokers.connected(broker)];
  if (links.brokers.configured) return (await links.brokers.connectAll()).all;
  throw new UsageError('No broker is configured', {
    hint: 'Name one in fleet.json: {"brokers": {"office": "mqtt://broker:1883"}}',
  });
}

function line({ topic, payload, retained }: TopicMessage): string {
  const time = new Date().toISOString();
  return printable(`${time}  ${topic}  ${payloadText(payload)}${retained ? '  (kept)' : ''}`);
}

function json({ topic, payload, retained }: TopicMessage): string {
  const at = new Date().toISOString();
  return JSON.stringify({ at, topic, retained, ...jsonContent(payload) });
}
