import { resolve } from 'node:path';
import type { AgentConfig, AgentFit } from '../core/agent';
import { boardBecomes, type Board } from '../core/board';
import { announced } from '../core/broker/announced';
import { boardLogin } from '../core/broker/boardLogin';
import type { Broker } from '../core/broker/brokers';
import { CancelledError } from '../core/errors';
import { text } from '../core/bytes';
import type { BrokerPlace, TemplateBroker } from '../core/setup';
import { nodeLocalFs } from '../core/sync';
import type { ViewContext } from '../views/context';
import { askAddress, askLogin } from './agentPrompts';
import { connectedBroker } from './connectedBroker';
import type { WindowBoard } from './setupBoard';
import type { Call } from './types';

/** Returns a template's broker with the address for boards. Asks for values that neither the template nor the broker's profile has. */
export async function brokerPlace(
  context: ViewContext,
  target: WindowBoard,
  wanted: TemplateBroker,
  fit: AgentFit,
  { base, call }: { readonly base: string; readonly call: Call },
): Promise<BrokerPlace> {
  const { id, host, port } = wanted;
  const own = id === undefined ? undefined : await connectedBroker(context, id, call.signal);
  const tls = wanted.tls && (await tlsOf(wanted.tls, base));
  const asked =
    own && (await call.ask(() => askAddress(context, own, [fit], { host, port, tls })))?.(fit);
  const address = own
    ? asked
    : { host: host ?? '', port: port ?? (tls ? 8883 : 1883), ...(tls ? { tls } : {}) };
  const login = await loginOf(context, own, wanted, fit, call);
  if (!address || !login) throw new CancelledError();
  const root = wanted.root ?? own?.profile.root;
  return {
    name: own?.profile.name ?? host ?? '',
    ...(root === undefined ? {} : { root }),
    broker: { ...address, ...login },
    ...(own
      ? {
          expect: (uid: string, signal: AbortSignal) =>
            arrival(own, uid, () => target.board, signal),
        }
      : {}),
  };
}

async function loginOf(
  context: ViewContext,
  own: Broker | undefined,
  { user, password, login }: TemplateBroker,
  fit: AgentFit,
  call: Call,
): Promise<Pick<AgentConfig['broker'], 'user' | 'password'> | undefined> {
  if (login === 'derived') {
    const derived = boardLogin(await context.brokers.secrets.localSecret(), fit.uid);
    return { user: derived.username, password: derived.password };
  }
  const isGiven = user !== undefined || password !== undefined;
  if (own && !isGiven) return (await call.ask(() => askLogin(context, own, [fit])))?.(fit);
  return { ...(user ? { user } : {}), ...(password ? { password } : {}) };
}

async function tlsOf(
  { ca, verify = true, name }: NonNullable<TemplateBroker['tls']>,
  base: string,
): Promise<NonNullable<AgentConfig['broker']['tls']>> {
  const certificate = ca && text(await nodeLocalFs.read(resolve(base, ca)));
  return { verify, ...(certificate ? { ca: certificate } : {}), ...(name ? { name } : {}) };
}

/** Resolves when the board has connected to the broker and the tree shows it. */
async function arrival(
  broker: Broker,
  uid: string,
  board: () => Board,
  signal: AbortSignal,
): Promise<void> {
  await announced(broker, uid, board().name, signal);
  const atBroker = (b: Board) => b.links.some((l) => l.present && l.found.address.kind === 'mqtt');
  await boardBecomes(board(), atBroker, signal);
  await board().connect({ kind: 'mqtt', signal });
}
