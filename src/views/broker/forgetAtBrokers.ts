import type { Needs } from '../context';

/**
 * Makes brokers drop the last presence of a board. Brokers that are not connected cannot be asked.
 */
export async function forgetAtBrokers({ brokers }: Needs<'brokers'>, uid: string): Promise<void> {
  for (const broker of brokers.hub.all) {
    if (broker.state.tag === 'online' && broker.presences.has(uid)) await broker.forget(uid);
  }
}
