import { join } from 'node:path';

/** Variables that the service takes over with their current values. They name files and contain no secrets. */
const PASSED = ['MPYFLEET_CONFIG', 'MPYFLEET_KEYS', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'TZ'];

/**
 * Returns the systemd unit of the user that runs `mpyfleet watch`. It contains no passwords: the
 * unit reads them from a file that the user writes.
 * @param config the user's folder for configuration
 */
export function watchUnit({
  program,
  cwd,
  config,
  env,
}: {
  readonly program: readonly string[];
  readonly cwd: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): string {
  const passed = PASSED.flatMap((name) => {
    const value = env[name];
    return value ? [`Environment=${quoted(`${name}=${value}`, 'value')}`] : [];
  });
  return [
    '[Unit]',
    'Description=MicroPython Fleet: collects what boards send',
    'After=network-online.target',
    '',
    '[Service]',
    `ExecStart=${program.map((word) => quoted(word, 'command')).join(' ')} watch`,
    `WorkingDirectory=${cwd.replaceAll('%', '%%')}`,
    ...passed,
    '# Passwords, readable for you alone: MPYFLEET_BROKER_PASSWORD=…, MPYFLEET_STORE=postgres://…',
    `EnvironmentFile=-${join(config, 'micropython-fleet', 'watch.env').replaceAll('%', '%%')}`,
    'Restart=always',
    'RestartSec=5',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/**
 * Quotes one word of a unit file (systemd.syntax): quotes, backslashes and % are special there; $
 * only in a command.
 */
function quoted(word: string, where: 'command' | 'value'): string {
  const text = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  return `"${where === 'command' ? text.replaceAll('$', '$$$$') : text}"`;
}
