import type { Address } from '../../core/address';
import type { BrokerProfile } from '../../core/broker/brokers';
import { ConnectError } from '../../core/errors';

/** Why a broker could not be reached, in words. */
export function connectError(error: Error, profile: BrokerProfile): ConnectError {
  if (error instanceof ConnectError) return error;
  const { reason, message, hint } = explain(error, profile);
  return new ConnectError(brokerAddress(profile), reason, message, { hint, cause: error });
}

/** The address under which a broker itself appears in errors. */
function brokerAddress(profile: BrokerProfile): Address {
  return { kind: 'mqtt', text: `mqtt://${profile.id}`, rest: profile.id };
}

/** CONNACK codes: 1 in MQTT 3.1.1, 0x84 in MQTT 5, and brokers that just hang up on version 5. */
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
      message: `The broker ${at} refuses the user name or the password`,
      hint: 'Give the right password, or ask who runs the broker to allow this user.',
    };
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      reason: 'notFound',
      message: `There is no host with the name of the broker ${at}`,
      hint: 'Check the address for mistakes, and the network.',
    };
  }
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ETIMEDOUT') {
    return {
      reason: 'refused',
      message: `No broker answers at ${at}`,
      hint: 'Start the broker, and check the port and the firewall.',
    };
  }
  if (/certificate|self.signed|SSL|TLS/i.test(`${code ?? ''} ${error.message}`)) {
    return {
      reason: 'refused',
      message: `The certificate of the broker ${at} is not trusted: ${error.message}`,
      hint: "Name the broker's CA certificate in the connection's settings (caFile).",
    };
  }
  return {
    reason: 'other',
    message: `The broker ${at} could not be reached: ${error.message}`,
    hint: 'Check the address and the log (MicroPython Fleet).',
  };
}
