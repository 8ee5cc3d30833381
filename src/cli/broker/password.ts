import { boardLogin } from '../../core/broker/boardLogin';
import { UsageError } from '../../core/errors';
import type { Cli } from '../cli';

/**
 * Returns the login of one board at the broker that `broker start` runs with the same
 * MPYFLEET_BROKER_PASSWORD.
 * @throws UsageError if the variable is not set
 */
export function boardLoginOf(
  { env }: Pick<Cli, 'env'>,
  uid: string,
): ReturnType<typeof boardLogin> {
  const secret = env.MPYFLEET_BROKER_PASSWORD;
  if (!secret) {
    throw new UsageError('The password of the broker is not set', {
      hint: 'Put it into the variable MPYFLEET_BROKER_PASSWORD, for this command and for "broker start".',
    });
  }
  return boardLogin(secret, uid);
}
