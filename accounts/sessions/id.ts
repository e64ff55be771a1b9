/** A session is named by the hash of its token, which tells nothing of the token. */
export const sessionIdOf = (tokenKey: Buffer): string => tokenKey.toString('base64url')

/** Undefined when it is not the name of a session. */
export const tokenKeyOf = (sessionId: string): Buffer | undefined =>
  /^[\w-]{22}$/.test(sessionId) ? Buffer.from(sessionId, 'base64url') : undefined
