// @ts-check
/** Returns the source of a regular expression that matches only `text`. @param {string} text */
export const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Returns a pattern that matches a whole label. @param {string | RegExp} label */
export const whole = (label) =>
  typeof label === 'string' ? new RegExp(`^\\s*${escaped(label)}\\s*$`) : label;
