import type { BrokerHub, Presence } from '../broker/broker';
import { followBrokers } from '../broker/followBrokers';
import { DisposableStore, type Disposable } from '../events';
import type { AppCommands } from './appCommands';

/**
 * Delivers waiting messages to connected boards now, and to others when they connect, until the
 * result is disposed. A board repeats its birth message whenever its state changes, so delivery
 * happens once per start of the board.
 * @param attempt makes one delivery and handles its failure
 */
export function deliverWaiting(
  hub: Pick<BrokerHub, 'all' | 'onDidChange' | 'agent'>,
  commands: AppCommands,
  attempt: (uid: string, delivery: Promise<unknown>) => void,
  signal?: AbortSignal,
): Disposable {
  return followBrokers(hub, (broker) => {
    const boots = new Map<string, string>();
    const deliver = ({ uid, state }: Presence) => {
      if (!state.on) return void boots.delete(uid);
      if (boots.get(uid) === state.boot) return;
      boots.set(uid, state.boot);
      const control = hub.agent(broker.profile.id, uid);
      if (control) attempt(uid, commands.deliver(uid, control, signal));
    };
    for (const [uid, state] of broker.presences) deliver({ uid, state });
    const subscriptions = new DisposableStore();
    subscriptions.add(broker.onPresence(deliver));
    // After a reconnection, the broker announces its boards again. Answers may have been missed in
    // between.
    subscriptions.add(broker.onDidChangeState(({ tag }) => tag === 'online' && boots.clear()));
    return subscriptions;
  });
}
