import * as l10n from '@vscode/l10n';
import { validText } from './bytes';
import { UsageError } from './errors';
import { inertText } from './inertText';

/** Maximum length of a topic in bytes. Some brokers accept no longer ones. */
const MAX_TOPIC = 512;
/** Longest message that is published from here, in bytes. */
const MAX_PAYLOAD = 64 * 1024;
/** Characters of a message that are shown in one line. */
const SHOWN = 2_000;

/** A message on one of the user's own topics. */
export interface TopicMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The broker had retained it. */
  readonly retained: boolean;
}

/**
 * Checks a topic filter (MQTT 3.1.1, section 4.7): `+` and `#` stand alone between slashes, `#` at the end.
 * @throws UsageError
 */
export function checkFilter(filter: string): void {
  const parts = filter.split('/');
  const isGood = parts.every(
    (part, i) => !/[+#]/.test(part) || part === '+' || (part === '#' && i === parts.length - 1),
  );
  if (isPlain(filter) && isGood) return;
  throw new UsageError(l10n.t('"{0}" is not a topic filter', inertText(filter)), {
    hint: l10n.t('Write for example sensors/+/temperature or sensors/#.'),
  });
}

/** Checks a topic to publish to. @throws UsageError */
export function checkTopic(topic: string): void {
  if (isPlain(topic) && !/[+#]/.test(topic) && !topic.startsWith('$')) return;
  throw new UsageError(l10n.t('Nothing can be published to the topic "{0}"', inertText(topic)), {
    hint: l10n.t('Write for example lamps/kitchen; + and # are only for watching.'),
  });
}

/** Checks a message. @throws UsageError when it is too long */
export function checkPayload(payload: Uint8Array): void {
  if (payload.length <= MAX_PAYLOAD) return;
  throw new UsageError(l10n.t('A message may have at most {0} bytes', MAX_PAYLOAD));
}

/**
 * Formats the content of a message for people, in one line. Bytes that are not text are shown as
 * hex.
 */
export function payloadText(payload: Uint8Array): string {
  const text = validText(payload);
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  if (text !== undefined && !/[\u0000-\u0008\u000e-\u001f]/.test(text)) {
    return inertText(text, SHOWN);
  }
  const hex = Buffer.from(payload.subarray(0, SHOWN / 2)).toString('hex');
  return `0x${hex}${payload.length > SHOWN / 2 ? '…' : ''}`;
}

/** Returns whether a topic matches the filter (MQTT 3.1.1, section 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const parts = topic.split('/');
  for (const [i, part] of wanted.entries()) {
    if (part === '#') return true;
    if (part !== '+' && part !== parts[i]) return false;
    if (parts[i] === undefined) return false;
  }
  return wanted.length === parts.length;
}

function isPlain(topic: string): boolean {
  // eslint-disable-next-line no-control-regex -- MQTT forbids U+0000
  return topic !== '' && Buffer.byteLength(topic) <= MAX_TOPIC && !/[\u0000-\u001f]/.test(topic);
}
