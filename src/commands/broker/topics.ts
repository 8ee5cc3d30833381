import * as vscode from 'vscode';
import type { Broker } from '../../core/broker/broker';
import { checkFilter, checkTopic } from '../../core/topics';
import { utf8 } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { showInputBox, tellBriefly } from '../../views/message';
import { chosenBroker } from './broker';
import { connectedBroker } from './connected';
import { adviceOf } from '../problemOf';
import type { Call, Command } from '../types';

/** Commands for the user's own topics at brokers. */
export const topicCommands: readonly Command[] = [
  { id: 'watchTopic', needs: 'nothing', run: watch },
  { id: 'unwatchTopic', needs: 'nothing', run: unwatch },
  { id: 'publishTopic', needs: 'nothing', run: publish },
];

async function watch(context: Needs<'brokers' | 'topics'>, call: Call): Promise<void> {
  const broker = await brokerFor(context, call);
  if (!broker) return;
  const filter = await showInputBox({
    title: vscode.l10n.t('Watch which topic of {0}?', broker.profile.name),
    prompt: vscode.l10n.t('"+" stands for one level, "#" for the rest.'),
    value: `${broker.profile.root ?? 'mpy'}/+/out/#`,
    validateInput: (text) => adviceOf(() => checkFilter(text)),
  });
  if (filter) context.topics.add(broker, filter);
}

async function unwatch({ topics }: Needs<'topics'>): Promise<void> {
  const { all } = topics;
  if (all.length === 0) throw new UsageError(vscode.l10n.t('No topic is watched'));
  const title = vscode.l10n.t('Stop watching which topic?');
  const picked = all.length === 1 ? all[0] : await vscode.window.showQuickPick(all, { title });
  if (picked !== undefined) topics.remove(picked);
}

async function publish(context: Needs<'brokers'>, call: Call): Promise<void> {
  const broker = await brokerFor(context, call);
  if (!broker) return;
  const topic = await showInputBox({
    title: vscode.l10n.t('Publish to which topic of {0}?', broker.profile.name),
    prompt: vscode.l10n.t('For example {0}', `${broker.profile.root ?? 'mpy'}/all/in/rate`),
    validateInput: (text) => adviceOf(() => checkTopic(text)),
  });
  if (!topic) return;
  const text = await showInputBox({ title: vscode.l10n.t('Message to {0}', topic) });
  if (text === undefined) return;
  const once = vscode.l10n.t('Send Once');
  const keep = vscode.l10n.t('Retain');
  const how = await vscode.window.showQuickPick(
    [
      { label: once, description: vscode.l10n.t('to current subscribers') },
      { label: keep, description: vscode.l10n.t('also to clients that subscribe later') },
    ],
    { title: vscode.l10n.t('Publish to {0}', topic) },
  );
  if (!how) return;
  await broker.topics.publish(topic, utf8(text), { retain: how.label === keep });
  tellBriefly(vscode.l10n.t('Published to {0}', topic), 'check');
}

/** Returns the clicked or chosen broker, connected. */
async function brokerFor(
  context: Needs<'brokers'>,
  { args, signal }: Call,
): Promise<Broker | undefined> {
  const chosen = await chosenBroker(context, args);
  return chosen && connectedBroker(context, chosen.profile.id, signal);
}
