import { userInfo } from 'node:os';

/** Returns the login name of the user of this computer. */
export function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a system without an entry for this user
  }
}
