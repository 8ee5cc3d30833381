/** The configuration that a board reports. Contains no secrets. */
export interface ReportedConfig {
  /** config.json as the agent reports it: with fingerprints instead of passwords. */
  readonly raw: Readonly<Record<string, unknown>>;
  /**
   * Returns the board's fingerprint of a password, comparable only with those in `raw`. Undefined for boards in open mode, which
   * report none.
   */
  readonly fingerprint: ((plain: string) => string) | undefined;
  /** How the trial of the last change ended; `unsupported`: the agent is older than trials. */
  readonly trial: 'unsupported' | 'none' | 'open' | 'done' | 'undone';
  /** Why the board undid its last change. */
  readonly why: string;
}
