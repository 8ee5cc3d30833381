/**
 * Returns the address without the user name and password that it may hold, for messages, logs and
 * files that others read.
 */
export function withoutLogin(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
}
