// @ts-check
// Limits, in milliseconds, of waits that several parts of the driver share.
export const OPEN_MS = 10_000; // for the quick input to open and accept a text
export const CLICK_MS = 1_000; // for a click on an existing element
export const SEEN_MS = 30_000; // for something to appear; two loaded cores draw slowly
export const COVERED_MS = 5_000; // after which a tooltip is assumed to cover what is clicked

/** Returns whether a wait of Playwright has timed out. @param {unknown} error */
export const isTimeout = (error) => error instanceof Error && error.name === 'TimeoutError';
