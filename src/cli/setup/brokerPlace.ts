import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isOnThisComputer, type AgentConfig, type AgentFit } from '../../core/agent';
import { announced } from '../../core/broker/announced';
import { isEncrypted, isLoopback } from '../../core/broker/brokerProfiles';
import type { BrokerProfile } from '../../core/broker/broker';
import { UsageError } from '../../core/errors';
import type { BrokerPlace, TemplateBroker } from '../../core/setup';
import { boardLoginOf, type CliBrokers } from '../broker';
import type { Cli } from '../cli';

/**
 * Describes a broker as one board reaches it, and how to detect that the board has connected.
 * @param base folder of the paths in `wanted`
 * @throws UsageError for a broker that boards cannot reach
 */
export async function brokerPlace(
  cli: Cli,
  brokers: CliBrokers,
  base: string,
  wanted: TemplateBroker,
  fit: Pick<AgentFit, 'uid' | 'ip'>,
): Promise<BrokerPlace> {
  const known = wanted.id === undefined ? undefined : await brokers.connected(wanted.id);
  const url = known ? new URL(known.profile.url) : undefined;
  const isTls = known ? isEncrypted(known.profile) : false;
  const host = wanted.host ?? url?.hostname ?? '';
  if (known && wanted.host === undefined && isLoopback(known.profile) && !isOnThisComputer(fit)) {
    throw new UsageError(
      `Boards cannot reach ${known.profile.url}: that address exists only on this computer`,
      {
        hint: 'In the template, set "host" of the broker to the address of this computer in the network.',
      },
    );
  }
  const tls = wanted.tls ?? (isTls ? {} : undefined);
  const usual = tls ? 8883 : 1883;
  const root = wanted.root ?? known?.profile.root;
  return {
    name: known?.profile.name ?? host,
    ...(root === undefined ? {} : { root }),
    broker: {
      host,
      port: wanted.port ?? (Number(url?.port ?? '') || usual),
      ...(await loginFor(cli, brokers, known?.profile, wanted, fit.uid)),
      ...(tls ? { tls: await tlsFor(tls, base, known?.profile.caFile) } : {}),
    },
    ...(known
      ? { expect: (uid: string, signal: AbortSignal) => announced(known, uid, uid, signal) }
      : {}),
  };
}

async function loginFor(
  cli: Cli,
  brokers: CliBrokers,
  profile: BrokerProfile | undefined,
  { login, host, user, password }: TemplateBroker,
  uid: string,
): Promise<Pick<AgentConfig['broker'], 'user' | 'password'>> {
  if (login === undefined && (user ?? password ?? host) !== undefined) {
    return { ...(user ? { user } : {}), ...(password ? { password } : {}) };
  }
  const known = profile && (await brokers.boardLogin(profile, uid));
  const own = known ?? (login === undefined ? undefined : boardLoginOf(cli, uid));
  return own ? { user: own.username, password: own.password } : {};
}

async function tlsFor(
  { ca, verify = true, name }: NonNullable<TemplateBroker['tls']>,
  base: string,
  caFile: string | undefined,
): Promise<NonNullable<AgentConfig['broker']['tls']>> {
  const file = ca === undefined ? caFile : resolve(base, ca);
  if (verify && file === undefined) {
    throw new UsageError('The template needs the certificate of the broker’s authority', {
      hint: 'Write "tls: {ca: FILE.pem}", or "tls: {verify: false}" if the board does not need to verify the broker.',
    });
  }
  return {
    verify,
    ...(file === undefined ? {} : { ca: await readFile(file, 'utf8') }),
    ...(name === undefined ? {} : { name }),
  };
}
