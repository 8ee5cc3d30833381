import { resolve } from 'node:path';
import { type AgentConfig, type AgentFit, isOnThisComputer } from '../../core/agent';
import { boardBecomes, type Board } from '../../core/board';
import { announced } from '../../core/broker/announced';
import { boardLogin } from '../../core/broker/boardLogin';
import type { Broker } from '../../core/broker/broker';
import { CancelledError } from '../../core/errors';
import { text } from '../../core/bytes';
import type { BrokerPlace, TemplateBroker } from '../../core/setup';
import { nodeLocalFs } from '../../core/sync';
import type { Needs } from '../../views/context';
import { askAddress, askLogin } from '../agent';
import { connectedBroker } from '../broker';
import type { Once } from './once';
import type { WindowBoard } from './board';
import type { Call } from '../types';

type Address = NonNullable<Awaited<ReturnType<typeof askAddress>>>;

interface Login {
  /** The board about which the user was asked. */
  readonly uid: string;
  readonly loginFor: NonNullable<Awaited<ReturnType<typeof askLogin>>>;
}

/** The user's answers about brokers, which also apply to the next boards. */
export interface BrokerAnswers {
  readonly addresses: Once<Address>;
  readonly logins: Once<Login>;
}

interface Asking {
  /** Folder of the template's files. */
  readonly base: string;
  readonly call: Call;
  readonly answers: BrokerAnswers;
}

/**
 * Returns a template's broker with the address for boards. Asks for values that neither the template nor the broker's profile has.
 * @throws CancelledError
 */
export async function brokerPlace(
  context: Needs<'settings' | 'brokers'>,
  target: WindowBoard,
  wanted: TemplateBroker,
  fit: AgentFit,
  asking: Asking,
): Promise<BrokerPlace> {
  const { id, host, port } = wanted;
  const { base, call, answers } = asking;
  const asked = id === undefined ? undefined : await connectedBroker(context, id, call.signal);
  const tls = wanted.tls && (await tlsOf(wanted.tls, base));
  // Boards that are simulated on this computer reach the broker at another address.
  const near = `${asked?.profile.id ?? ''} ${isOnThisComputer(fit)}`;
  const address = asked
    ? (
        await answers.addresses.get(near, async () =>
          given(await call.ask(() => askAddress(context, asked, [fit], { host, port, tls }))),
        )
      )(fit)
    : { host: host ?? '', port: port ?? (tls ? 8883 : 1883), ...(tls ? { tls } : {}) };
  // Opening the local broker to the network replaces it, and boards announce themselves at the new one.
  const own = asked && (await connectedBroker(context, asked.profile.id, call.signal));
  const login = await loginOf(context, own, wanted, fit, asking);
  const root = wanted.root ?? own?.profile.root;
  return {
    name: own?.profile.name ?? host ?? '',
    ...(root === undefined ? {} : { root }),
    broker: { ...address, ...login },
    ...(own
      ? {
          expect: (uid: string, signal: AbortSignal) => announced(own, uid, target.name, signal),
          arrived: (signal: AbortSignal) => atBroker(target, signal),
        }
      : {}),
  };
}

async function loginOf(
  context: Needs<'brokers'>,
  own: Broker | undefined,
  { user, password, login }: TemplateBroker,
  fit: AgentFit,
  { call, answers }: Asking,
): Promise<Pick<AgentConfig['broker'], 'user' | 'password'>> {
  if (login === 'derived') {
    const derived = boardLogin(await context.brokers.secrets.localSecret(), fit.uid);
    return { user: derived.username, password: derived.password };
  }
  if (own && user === undefined && password === undefined) {
    const { uid, loginFor } = await answers.logins.get(own.profile.id, async () => ({
      uid: fit.uid,
      loginFor: given(await call.ask(() => askLogin(context, own, [fit]))),
    }));
    const { user: name, ...rest } = loginFor(fit);
    // A user name that was entered for the first board may contain its id.
    return { ...(name === undefined ? {} : { user: name.replaceAll(uid, fit.uid) }), ...rest };
  }
  return { ...(user ? { user } : {}), ...(password ? { password } : {}) };
}

/** Returns the user's answer. @throws CancelledError if the user gave no answer */
function given<T>(answer: T | undefined): T {
  if (answer === undefined) throw new CancelledError();
  return answer;
}

async function tlsOf(
  { ca, verify = true, name }: NonNullable<TemplateBroker['tls']>,
  base: string,
): Promise<NonNullable<AgentConfig['broker']['tls']>> {
  const certificate = ca && text(await nodeLocalFs.read(resolve(base, ca)));
  return { verify, ...(certificate ? { ca: certificate } : {}), ...(name ? { name } : {}) };
}

/** Waits until the tree shows the board at its broker, and connects it there. */
async function atBroker(target: WindowBoard, signal: AbortSignal): Promise<void> {
  const isThere = (b: Board) => b.links.some((l) => l.present && l.found.address.kind === 'mqtt');
  await boardBecomes(target.board, isThere, signal);
  await target.board.connect({ kind: 'mqtt', signal });
}
