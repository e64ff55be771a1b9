/** A session that is over: signed out, revoked, pushed out by newer ones, or gone with a change of password. */
export interface EndedSession {
  accountId: number
  sessionId: string
}

const listeners = new Set<(ended: EndedSession) => void>()

/**
 * Calls back when a session ends in this process, after the commit, so that its open connections can be closed at once.
 * What another process ends, or time, is noticed by asking sessionLives. Returns how to stop.
 */
export function onSessionEnd(hear: (ended: EndedSession) => void): () => void {
  listeners.add(hear)
  return () => void listeners.delete(hear)
}

export function tellEnded(accountId: number, rows: readonly { token_key: Buffer }[]): void {
  for (const { token_key } of rows) for (const hear of listeners) hear({ accountId, sessionId: sessionIdOf(token_key) })
}

/** A session is named by the hash of its token, which tells nothing of the token. */
export const sessionIdOf = (tokenKey: Buffer): string => tokenKey.toString('base64url')

/** Undefined when it is not the name of a session. */
export const tokenKeyOf = (sessionId: string): Buffer | undefined =>
  /^[\w-]{22}$/.test(sessionId) ? Buffer.from(sessionId, 'base64url') : undefined
