import { nowMs } from '#system'
import type { Storage } from '#storage'
import type { DnsRecord, Standing } from '../records/record.ts'
import { tagsOf } from '../records/tags.ts'
import type { DkimKey } from './key.ts'
import { listKeys } from './list.ts'

/** How long a key stays in the DNS after its last letter: longer than its signatures are good for (`#mail/signing`). */
export const DKIM_GONE_DAYS = 14

const DAY_MS = 86_400_000

export interface DkimRecord extends DnsRecord {
  key: DkimKey
}

/** The record of a key. RFC 6376 §3.6.1, RFC 8463 §4. */
export function dkimRecord(key: DkimKey): DkimRecord {
  return {
    kind: 'dkim',
    name: `${key.selector}._domainkey.${key.domain}`,
    type: 'TXT',
    value: `v=DKIM1; k=${key.algorithm}; p=${key.publicKey}`,
    need: needOf(key),
    whose: 'domain',
    compare: (found) => compare(key, found),
    key,
  }
}

export const dkimRecords = async (storage: Storage, domain: string): Promise<DkimRecord[]> =>
  (await listKeys(storage, [domain])).map(dkimRecord)

const needOf = ({ state, changedAt }: DkimKey): DnsRecord['need'] =>
  state !== 'retired' ? 'needed' : nowMs() - changedAt.getTime() < DKIM_GONE_DAYS * DAY_MS ? 'kept' : 'removable'

/**
 * Whether a signature by this key would verify with what is found. More than one text at the name is undefined (RFC 6376 §3.6.2.2),
 * and `t=y` asks others to treat a signed letter as an unsigned one (§3.6.1).
 */
function compare({ algorithm, publicKey }: DkimKey, found: readonly string[]): Standing {
  const [text] = found
  if (text === undefined) return 'missing'
  const tags = found.length === 1 ? tagsOf(text) : undefined
  if (tags === undefined) return 'wrong'
  const { v = 'DKIM1', k = 'rsa', p = '', h, s = '*', t = '' } = tags
  const lists = (value: string, wanted: readonly string[]): boolean =>
    value.split(':').some((one) => wanted.includes(one.trim().toLowerCase()))
  const isRight =
    v === 'DKIM1' &&
    k === algorithm &&
    p.replace(/\s/g, '') === publicKey &&
    (h === undefined || lists(h, ['sha256'])) &&
    lists(s, ['*', 'email']) &&
    !lists(t, ['y'])
  return isRight ? 'right' : 'wrong'
}
