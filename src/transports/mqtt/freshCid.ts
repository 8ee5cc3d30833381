/** Returns a new random id of a computer at a broker: 12 letters and digits. */
export function freshCid(): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(random, (b) => (b % 36).toString(36)).join('');
}
