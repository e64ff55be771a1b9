import { Refusal } from '#system'
import type { Database, Sql } from '../database/connect.ts'
import { openBox, sealTo } from '../sealing/box.ts'
import { deriveKey, open, seal, SealBroken } from '../sealing/seal.ts'
import { unwrap, type Wrap } from './keyring.ts'
import { readEpochs, type Epochs } from './masterkey.ts'
import { paperId, type Paper } from './paper.ts'

/**
 * The copy of the keys that lies beside the backups: every wrap as it stands in the database, once more sealed under the epoch
 * that they are wrapped under, so that no change goes unseen. It is replaced and never kept: what was destroyed is in no copy.
 *
 * Form: a line of JSON (which epoch, and that epoch's key sealed for the recovery key on paper), a line feed, the sealed wraps.
 */
interface Head {
  zegel: 'keys'
  version: 1
  epoch: number
  recovery?: { publicKey: string; sealed: string }
}

const PLACE = (epoch: number): string => `key copy/${epoch}`
const RECOVERY = (epoch: number): string => `key copy/recovery/${epoch}`

/** The copy of the keys as they are now. Nobody else writes one until `keep` is done with it: the newest stays. */
export async function copyKeys(
  database: Database,
  keyFile: string,
  keep: (copy: Buffer) => Promise<void>,
): Promise<void> {
  await database.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('zegel key copy'))`
    await keep(await makeCopy(sql, keyFile))
  })
}

async function makeCopy(sql: Sql, keyFile: string): Promise<Buffer> {
  const { rows } = await sql<{ epoch: number; public_key: Buffer | null }>`
    select epoch, (select public_key from keys.recovery) as public_key from keys.epoch for share`
  const { epoch, public_key: publicKey } = rows[0] as (typeof rows)[number]
  const master = readEpochs(keyFile).get(epoch)
  if (master === undefined) throw new Refusal('unavailable', { fields: [`the master key has no epoch ${epoch}`] })
  const { rows: wraps } = await sql<Wrap>`select place, epoch, wrapped from keys.wrap order by place`
  const head: Head = {
    zegel: 'keys',
    version: 1,
    epoch,
    ...(publicKey === null
      ? {}
      : {
          recovery: {
            publicKey: publicKey.toString('base64url'),
            sealed: sealTo(publicKey, RECOVERY(epoch), master).toString('base64url'),
          },
        }),
  }
  const lines = wraps.map((wrap) => `${wrap.place} ${wrap.epoch} ${wrap.wrapped.toString('base64url')}\n`).join('')
  const sealed = seal(deriveKey(master, 'key copy'), PLACE(epoch), lines)
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), sealed])
}

/** What a copy of the keys holds, once it is open. */
export interface OpenedCopy {
  epoch: number
  master: Buffer
  /** The recovery key's public half: the paper stays good. */
  publicKey: Buffer | undefined
  wraps: Wrap[]
}

/**
 * Opens a copy of the keys by the master key's file, or by the paper.
 * @throws Refusal 'invalid' that names what is wrong
 */
export function openKeyCopy(copy: Buffer, by: { epochs: Epochs } | { paper: Paper }): OpenedCopy {
  const end = copy.indexOf(0x0a)
  const head = end < 0 ? undefined : headOf(copy.subarray(0, end).toString())
  if (head === undefined) throw refused('not a copy of the keys, or damaged')
  const publicKey = head.recovery === undefined ? undefined : Buffer.from(head.recovery.publicKey, 'base64url')
  const master = 'epochs' in by ? by.epochs.get(head.epoch) : fromPaper(head, publicKey, by.paper)
  if (master === undefined)
    throw refused(`is sealed under epoch ${head.epoch} of the master key, which the key file does not have`)
  let lines: string[]
  try {
    const plain = open(deriveKey(master, 'key copy'), PLACE(head.epoch), copy.subarray(end + 1))
    lines = plain.toString().split('\n').slice(0, -1)
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    throw refused('is damaged, or sealed under another master key')
  }
  const wraps = lines.map((line) => {
    const [place = '', epoch, wrapped = ''] = line.split(' ')
    return { place, epoch: Number(epoch), wrapped: Buffer.from(wrapped, 'base64url') }
  })
  // Each is tried, before anything relies on it.
  for (const wrap of wraps) unwrap(new Map([[head.epoch, master]]), wrap)
  return { epoch: head.epoch, master, publicKey, wraps }
}

function headOf(line: string): Head | undefined {
  try {
    const head = JSON.parse(line) as Partial<Head> | null
    const isOurs = head?.zegel === 'keys' && head.version === 1 && Number.isSafeInteger(head.epoch)
    return isOurs ? (head as Head) : undefined
  } catch {
    return undefined
  }
}

function fromPaper(head: Head, publicKey: Buffer | undefined, paper: Paper): Buffer {
  if (publicKey === undefined || head.recovery === undefined)
    throw refused('is not sealed for any paper: none had been printed when it was written')
  if (paperId(publicKey) !== paper.id)
    throw refused(`is sealed for the paper ${paperId(publicKey)}, and this one is ${paper.id}`)
  try {
    return openBox(
      { publicKey, privateKey: paper.key },
      RECOVERY(head.epoch),
      Buffer.from(head.recovery.sealed, 'base64url'),
    )
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    throw refused('does not open by this paper')
  }
}

const refused = (why: string): Refusal => new Refusal('invalid', { fields: [`keys: ${why}`] })
