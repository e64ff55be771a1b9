import { hash, randomBytes } from 'node:crypto'

/** Messages remembered, each by a keyed hash of its content. */
const MOST = 10_000

/**
 * SMTP has one answer for all recipients. When some have a message and others could not get it, the peer is told to come
 * again; this remembers who has it, so that it comes once. Kept in memory: after a restart the worst is a message twice.
 */
export function rememberPartly() {
  const key = randomBytes(32)
  const filed = new Map<string, Set<number>>()
  const nameOf = (content: Buffer): string => hash('sha256', Buffer.concat([key, content]), 'base64url')
  return {
    /** The accounts that do not have this message yet. */
    without(content: Buffer, accounts: Map<number, string>): Map<number, string> {
      if (filed.size === 0) return accounts
      const have = filed.get(nameOf(content))
      return have === undefined ? accounts : new Map([...accounts].filter(([accountId]) => !have.has(accountId)))
    },
    remember(content: Buffer, accountIds: number[]): void {
      const name = nameOf(content)
      const have = filed.get(name) ?? new Set()
      for (const accountId of accountIds) have.add(accountId)
      filed.set(name, have)
      if (filed.size > MOST) filed.delete(filed.keys().next().value as string)
    },
    forget(content: Buffer): void {
      if (filed.size > 0) filed.delete(nameOf(content))
    },
  }
}
