import { mqttAddress } from '../../core/parseAddress';
import * as l10n from '@vscode/l10n';
import type { Address } from '../../core/address';
import type { BrokerProfile } from '../../core/broker/broker';
import { ConnectError } from '../../core/errors';

/** Explains why a broker could not be reached. */
export function connectError(error: Error, profile: BrokerProfile): ConnectError {
  if (error instanceof ConnectError) return error;
  const { reason, message, hint } = explain(error, profile);
  return new ConnectError(mqttAddress(profile.id), reason, message, { hint, cause: error });
}

/**
 * Returns whether the broker refuses the MQTT version. CONNACK codes: 1 in MQTT 3.1.1, 0x84 in MQTT
 * 5. Some brokers simply disconnect on version 5.
 */
export function refusesVersion(error: Error): boolean {
  const code = (error as { code?: number | string }).code;
  return (
    code === 1 || code === 0x84 || /protocol version|Connection closed|ended/i.test(error.message)
  );
}

function explain(
  error: Error,
  profile: BrokerProfile,
): { reason: ConnectError['reason']; message: string; hint: string } {
  const code = (error as { code?: number | string }).code;
  const at = `${profile.name} (${profile.url})`;
  if (code === 4 || code === 5 || code === 0x86 || code === 0x87) {
    return {
      reason: 'wrongPassword',
      message: l10n.t('The broker {0} rejects the user name or the password', at),
      hint: l10n.t(
        "Enter the right password, or ask the broker's administrator to allow this user.",
      ),
    };
  }
  // Client identifier not valid: MQTT 3.1.1 and 5.
  if (code === 2 || code === 0x85) {
    return {
      reason: 'refused',
      message: l10n.t('The broker {0} does not accept the client id of this computer', at),
      hint: l10n.t('Set "clientId" of this broker to one that it accepts.'),
    };
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      reason: 'notFound',
      message: l10n.t('The host name of the broker {0} was not found', at),
      hint: l10n.t('Check the address for typing errors, and check the network.'),
    };
  }
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ETIMEDOUT') {
    return {
      reason: 'refused',
      message: l10n.t('No broker answers at {0}', at),
      hint: l10n.t('Start the broker, and check the port and the firewall.'),
    };
  }
  if (/certificate|self.signed|SSL|TLS/i.test(`${code ?? ''} ${error.message}`)) {
    return {
      reason: 'refused',
      message: l10n.t('The certificate of the broker {0} is not trusted: {1}', at, error.message),
      hint: l10n.t("Name the broker's CA certificate in the connection's settings (caFile)."),
    };
  }
  return {
    reason: 'other',
    message: l10n.t('The broker {0} could not be reached: {1}', at, error.message),
    hint: l10n.t('Check the address and the log (MicroPython Fleet).'),
  };
}

/** Returns the error for a board in open mode that the user has not accepted. */
export function openMode(address: Address, name: string): ConnectError {
  return new ConnectError(
    address,
    'openMode',
    l10n.t('{0} is in open mode: nothing proves its identity', name),
    {
      hint: l10n.t(
        'Anyone who may publish at this broker could impersonate it and would receive your files and code. Put the agent on it with a key. Or, if you trust everyone on the broker, connect it, in a shell by its address or unique id.',
      ),
    },
  );
}
