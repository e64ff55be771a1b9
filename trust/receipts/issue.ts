import { sign } from 'node:crypto'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import { now } from '#system'
import { epochDestroyedAt, type Storage } from '#storage'
import { canonical, publicKeyOf, signingKey } from '#trust/signing'
import { openAddressee, type Addressee } from './addressee.ts'
import type { ReceiptFile } from './file.ts'
import { receiptLetter } from './letter.ts'
import { inCategories, REMNANTS, subjectOf, type ReceiptSettings, type Remnant, type Statement } from './statement.ts'

export type { ReceiptSettings } from './statement.ts'

/** Receipts of one run. */
const MOST = 200

interface Row {
  receipt_id: string
  closed_at: Date
  key_destroyed_at: Date
  erased_at: Date
  epoch: number
  counts: Record<string, number>
  addressee: Buffer
}

/**
 * Signs and sends the receipts of accounts that are erased, as soon as every statement in them is true: after the epoch has
 * turned, for until then an old copy of the database together with the master key might have opened something.
 * @returns how many
 */
export async function issueReceipts(storage: Storage, settings: ReceiptSettings): Promise<number> {
  const { rows } = await storage.database.sql<Row>`
    select receipt_id, closed_at, key_destroyed_at, erased_at, epoch, counts, addressee from receipt
    where statement is null and erased_at is not null order by erased_at limit ${MOST}`
  let issued = 0
  for (const row of rows) {
    const deadAt = await epochDestroyedAt(storage.database.sql, row.epoch)
    if (deadAt !== undefined && (await issue(storage, settings, row, deadAt))) issued++
  }
  if (issued > 0) wakeQueue(storage)
  return issued
}

async function issue(storage: Storage, settings: ReceiptSettings, row: Row, deadAt: Date): Promise<boolean> {
  const { receipt_id: id } = row
  const addressee = await openAddressee(storage, id, row.addressee)
  const statement = statementOf(settings, row, addressee, deadAt)
  const key = signingKey(await storage.keys.serviceKey('receipts'))
  const signature = sign(null, Buffer.from(canonical(statement)), key)
  const letter = await letterFor(storage, addressee, {
    about: `Verify it with: zegel receipt verify FILE. The public key is at https://${settings.hostname}/.well-known/zegel-receipts.json`,
    statement,
    signature: { algorithm: 'Ed25519', key: publicKeyOf(key).kid, value: signature.toString('base64url') },
    address: addressee.address,
    salt: addressee.salt,
  })
  return storage.database.transaction(async (sql) => {
    // Whom it was for is forgotten together with the letter's way into the queue.
    const { rowCount } = await sql`
      update receipt set statement = ${canonical(statement)}, signature = ${signature}, addressee = null
      where receipt_id = ${id} and statement is null`
    if (rowCount === 0) return false
    if (letter !== undefined) await enqueue(sql, letter)
    return true
  })
}

function statementOf(settings: ReceiptSettings, row: Row, { address, salt }: Addressee, deadAt: Date): Statement {
  const issuedAt = now()
  return {
    version: 1,
    receipt: row.receipt_id,
    host: settings.hostname,
    subject: subjectOf(salt, address),
    closedAt: row.closed_at.toISOString(),
    keyDestroyedAt: row.key_destroyed_at.toISOString(),
    erasedAt: row.erased_at.toISOString(),
    keyCopiesDeadAt: deadAt.toISOString(),
    erased: inCategories(row.counts),
    remains: (Object.keys(REMNANTS) as Remnant[]).map((what) => ({
      what,
      until: REMNANTS[what](row.erased_at, settings, issuedAt),
    })),
  }
}

/** Undefined where there is nobody to send it to. */
async function letterFor(storage: Storage, addressee: Addressee, file: ReceiptFile) {
  const { external, language } = addressee
  if (external === null) return undefined
  const content = Buffer.from(`${JSON.stringify(file, null, 2)}\n`)
  const attachment = { name: `zegel-receipt-${file.statement.receipt}.json`, type: 'application/json', content }
  return prepareOwnLetter(storage, { to: external, language, ...receiptLetter(addressee, file.statement), attachment })
}
