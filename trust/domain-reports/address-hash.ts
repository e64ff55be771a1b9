import { createHash } from 'node:crypto'
import type { JournalKey } from '#storage'

/**
 * An IP address as it may be kept for a day: nobody finds it but who has that day's key, and has the address to try. With the key it is
 * destroyed (promise 4).
 */
export const addressHash = (key: JournalKey, day: string, address: string): string =>
  createHash('sha256')
    .update(key.sealAlike(`dmarc/${day}`, Buffer.from(address)))
    .digest('base64')
