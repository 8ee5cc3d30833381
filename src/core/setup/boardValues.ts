import type { AgentConfig, AgentFit } from '../agent';
import { fillTemplate, type BoardConfig } from '../boardConfig';
import type { SetupRecord } from './record';
import type { BrokerPlace, SetupHost } from './steps';
import type { SetupTemplate } from './template';

/** Replaces the placeholders in a value of a template with those of one board. */
export async function filled<T>(
  value: T,
  { name = '', uid = '', n = 1 }: SetupRecord,
  platform: string | undefined,
  host: Pick<SetupHost, 'secret'>,
): Promise<T> {
  const values = { name, uid, n, platform, secret: (wanted: string) => host.secret(wanted) };
  const { it } = await fillTemplate({ it: value } satisfies BoardConfig, values);
  return it as T;
}

/** Returns the entries of the agent's configuration that need no question. */
export function baseConfig(
  { accessPoint }: SetupTemplate,
  { name }: SetupRecord,
  { platform, uid }: AgentFit,
  { root, broker }: BrokerPlace,
): Pick<AgentConfig, 'name' | 'isNameGuess' | 'root' | 'broker' | 'accessPoint'> {
  return {
    name: name ?? `${platform}-${uid.slice(-6)}`,
    isNameGuess: name === undefined,
    ...(root ? { root } : {}),
    broker,
    ...(accessPoint ? { accessPoint } : {}),
  };
}
