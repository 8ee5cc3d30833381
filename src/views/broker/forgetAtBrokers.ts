import type { Needs } from '../context';

/** Brokers keep the last presence of each board; those that are not connected now cannot be asked to drop it. */
export async function forgetAtBrokers({ brokers }: Needs<'brokers'>, uid: string): Promise<void> {
  for (const broker of brokers.hub.all) {
    if (broker.state.tag === 'online' && broker.presences.has(uid)) await broker.forget(uid);
  }
}
