/** Files that usually hold keys and passwords, in any folder, because some boards have their files in /flash. */
const SECRET = /\/(mpyfleet\/|webrepl_cfg\.|secrets?\.\w+$|settings\.toml$|[^/]*\.(key|pem|der)$)/i;

/**
 * Returns whether a file on a board usually holds keys or passwords, however its path is spelled: no language model gets it,
 * and no log its content.
 */
export function mayHoldSecrets(path: string): boolean {
  return path.includes('~') || SECRET.test(normal(path));
}

/**
 * Normalises a path as the board does: resolves dots; FAT ignores dots and spaces at the end of
 * names.
 */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part.replace(/[. ]+$/, ''));
  }
  return `/${parts.join('/')}`;
}

/** Returns whether a transfer of these files is kept out of the log. */
export function isSecretTransfer(
  paths: readonly { readonly path: string }[],
  secret: boolean | undefined,
): boolean {
  return secret ?? paths.some(({ path }) => mayHoldSecrets(path));
}
