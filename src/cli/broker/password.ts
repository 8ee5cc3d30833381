import { boardLogin } from '../../core/broker/boardLogin';
import { ConnectError, UsageError } from '../../core/errors';
import { mqttAddress } from '../../core/parseAddress';
import type { BrokerProfile } from '../../core/broker/broker';
import type { Cli } from '../cli';
import { mqboardPassword } from './mqboardVariables';

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
      hint: 'Set the variable MPYFLEET_BROKER_PASSWORD to the password that "mpyfleet broker start" printed.',
    });
  }
  return boardLogin(secret, uid);
}

/** Returns the name of the environment variable with the password of one broker. */
export function passwordVariable(id: string): string {
  return `MPYFLEET_BROKER_PASSWORD_${id.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Returns the password of a broker, from the environment: never an argument, which every user of the computer could read.
 * @param isOwn the user's own fleet.json names it
 * @throws UsageError for a broker of a project, which comes from others, if the only password is the one for the user's own
 */
export function brokerPassword(
  { env }: Pick<Cli, 'env'>,
  profile: BrokerProfile,
  isOwn: boolean,
): string | undefined {
  const { id, url, username } = profile;
  const variable = passwordVariable(id);
  const { [variable]: ofThis, MPYFLEET_BROKER_PASSWORD: ofAny } = env;
  if (ofThis !== undefined || isOwn) return ofThis ?? mqboardPassword(env, profile) ?? ofAny;
  if (ofAny === undefined || username === undefined) return undefined;
  throw new UsageError(
    `The broker "${id}" (${url}) is named only by the project's fleet.json, so MPYFLEET_BROKER_PASSWORD is not sent to it`,
    { hint: `Set ${variable} to its password, or set MPYFLEET_CONFIG to the project's file.` },
  );
}

/** Returns the error for a login that a broker rejects. `isGiven`: a password was sent. */
export function rejectedLogin(
  { id, name, url, username = '' }: BrokerProfile,
  isGiven: boolean,
): ConnectError {
  const variable = passwordVariable(id);
  return new ConnectError(
    mqttAddress(id),
    'wrongPassword',
    `The broker ${name} (${url}) rejects ${username}${isGiven ? ' with this password' : ' without a password'}`,
    {
      hint: isGiven
        ? `Check ${variable}, else MPYFLEET_BROKER_PASSWORD, and the user name in fleet.json.${mqboardHint(id)}`
        : `Set ${variable} to the password.${mqboardHint(id)}`,
    },
  );
}

/** Names the variables for the broker of mqboard's own ones, which needs no fleet.json. */
function mqboardHint(id: string): string {
  return id === 'mqboard' ? ' Or set MQBOARD_USER and MQBOARD_PASSWORD.' : '';
}
