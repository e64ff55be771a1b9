import { isAscii } from 'node:buffer'
import { parseAddress } from '#formats/message'
import type { Finding } from '#mail/findings'
import type { FoundOnArrival } from '#mail/signing'
import type { Care } from '#mail/transport'
import { now, Refusal } from '#system'
import { newId, type BlobRef, type PreparedBlob, type ServiceKey, type Sql, type Storage } from '#storage'
import { authorDomain, countHops, headerOf, isTlsWaived } from './header.ts'

export type Language = 'de' | 'fr' | 'nl' | 'en'
export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

/** What a letter is called by those who look for it. */
export interface LetterName {
  /** Without angle brackets. */
  messageId: string | null
  /** Decoded. */
  subject: string | null
}

/** One sender, one content, any number of recipients. */
export interface OutgoingLetter {
  /** Whose it is: an account, or undefined for what the service itself writes (codes, notices), which `queue show` opens. */
  accountId: number | undefined
  /** Reverse-path; '' for the null sender (notifications, automatic replies): nothing is ever sent back for it. */
  mailFrom: string
  /** `notify` and `orcpt` as in RFC 3461 §4.1 and §4.2; `orcpt` is decoded, such as `rfc822;bea@example.org`. */
  recipients: readonly {
    address: string
    notify?: readonly Notify[] | undefined
    orcpt?: string | undefined
    own?: OwnFields | undefined
  }[]
  /** The whole message, its lines ended by CRLF, ready to leave. */
  content: Buffer
  /** How much of it comes back with a notification, and what the sender calls it (RFC 3461 §4.3, §4.4). */
  ret?: 'FULL' | 'HDRS' | undefined
  envid?: string | undefined
  /** Not before. */
  sendAt?: Date | undefined
  /** A record of kind 'submission' in the account that is told how it went. */
  submissionId?: number | undefined
  /** Of what we may have to write about it. */
  language?: Language | undefined
  /** Where it is known; said with the outcome (DeliveryContext). */
  name?: LetterName | undefined
  /** Found out from the content where they are not given. */
  body8bit?: boolean | undefined
  smtputf8?: boolean | undefined
  /** It has its trace fields already: filed here as it stands. */
  isTraced?: boolean | undefined
  /** It came from somebody else and is passed on: its sender is not who sends it now. */
  isPassedOn?: boolean | undefined
  /** What was found in it when it came from elsewhere. */
  findings?: readonly Finding[] | undefined
  /**
   * Written by somebody here, whose right to its From was checked, or by the service: it leaves with a signature of its author's domain.
   * What is only passed on has its own, or none.
   */
  isWrittenHere?: boolean | undefined
  /** What was found of its origin when it came from elsewhere: vouched for with a seal, should it be passed on. */
  found?: FoundOnArrival | undefined
  /** It is passed on, and leaves with a seal of this domain (ARC). */
  sealedBy?: string | undefined
  /** It travels over proven TLS, or not at all (RFC 8689 §2). What its header says is found out from the content. */
  isTlsRequired?: boolean | undefined
  /** Whose keys sign it, where that is not its author's domain: a list's. */
  signedBy?: string | undefined
}

/** What a letter has for one of its recipients alone. It then leaves for each by itself; the content is kept once for all. */
export interface OwnFields {
  /** In place of the letter's. */
  mailFrom: string
  /** Put on top of its header, with their line ends. */
  fields: string
}

/** What is sealed with a letter. */
export interface Envelope {
  mailFrom: string
  blob: BlobRef
  /** Received fields in the content. */
  hops: number
  body8bit: boolean
  smtputf8: boolean
  ret?: 'FULL' | 'HDRS' | undefined
  envid?: string | undefined
  submissionId?: number | undefined
  language?: Language | undefined
  name?: LetterName | undefined
  isTraced?: boolean | undefined
  isPassedOn?: boolean | undefined
  findings?: readonly Finding[] | undefined
  /** The author's domain, whose keys sign it. */
  signedBy?: string | undefined
  found?: FoundOnArrival | undefined
  sealedBy?: string | undefined
  /** How it wants to travel, where that is not as usual. */
  care?: Exclude<Care, 'usual'> | undefined
}

/** What is sealed with a recipient. */
export interface Recipient {
  /** Normalised: the domain in A-labels. */
  address: string
  /** As it was given, where that differs. */
  given?: string | undefined
  domain: string
  notify?: readonly Notify[] | undefined
  orcpt?: string | undefined
  own?: OwnFields | undefined
  /** The newest reply, ours or the other server's. */
  reply?: string | undefined
}

/** Whether whose letter it is has sent it: not what arrived for them or they are told, nor what is passed on for others. */
export const isOwnSending = ({ mailFrom, isTraced, isPassedOn }: Envelope): boolean =>
  mailFrom !== '' && isTraced !== true && isPassedOn !== true

/** A letter whose content is sealed and, if it is large, on disk, and that is in no queue yet. */
export interface PreparedLetter {
  id: number
  accountId: number
  blob: PreparedBlob
  size: number
  sealed: Buffer
  sendAt: Date | undefined
  destinationKeys: Buffer[]
  recipients: Buffer[]
}

/** The account of blobs that are in the queue. */
export const QUEUE_ACCOUNT = 0

/** Recipients of one letter. */
const MOST_RECIPIENTS = 10_000

const letterPlace = (id: number): string => `queue/${id}`
const recipientPlace = (id: number, number: number): string => `queue/${id}/${number}`

export const openEnvelope = (key: ServiceKey, id: number, sealed: Buffer): Envelope =>
  JSON.parse(key.open(letterPlace(id), sealed).toString()) as Envelope

export const openRecipient = (key: ServiceKey, id: number, number: number, sealed: Buffer): Recipient =>
  JSON.parse(key.open(recipientPlace(id, number), sealed).toString()) as Recipient

export const sealRecipient = (key: ServiceKey, id: number, number: number, recipient: Recipient): Buffer =>
  key.seal(recipientPlace(id, number), JSON.stringify(recipient))

/**
 * Seals a letter; what is slow is done here, before any transaction.
 * @throws Refusal 'invalid' with the fields at fault, 'tooManyRecipients', 'unavailable'
 */
export async function prepareLetter(storage: Storage, letter: OutgoingLetter): Promise<PreparedLetter> {
  const { mailFrom, content, recipients } = letter
  if (recipients.length > MOST_RECIPIENTS) throw new Refusal('tooManyRecipients')
  if (recipients.length === 0) throw new Refusal('invalid', { fields: ['recipients'] })
  const sender = mailFrom === '' ? '' : parseAddress(mailFrom)?.address
  if (sender === undefined) throw new Refusal('invalid', { fields: ['mailFrom'] })

  const header = headerOf(content)
  const named = recipients.map(({ address, notify, orcpt, own }): Recipient => {
    const parsed = parseAddress(address)
    if (parsed === undefined) throw new Refusal('invalid', { fields: ['recipients'] })
    const given = address === parsed.address ? undefined : address
    return { address: parsed.address, given, domain: parsed.domain, notify, orcpt, own }
  })
  const isWide = !isAscii(header) || ![sender, ...named.map(({ address }) => address)].every(isPlain)
  const [key, blob] = await Promise.all([
    storage.keys.serviceKey('queue'),
    storage.blobs.prepare(QUEUE_ACCOUNT, content),
  ])
  const id = newId()
  const envelope: Envelope = {
    mailFrom: sender,
    blob: blob.ref,
    hops: countHops(header),
    body8bit: letter.body8bit ?? !isAscii(content.subarray(header.length)),
    smtputf8: letter.smtputf8 ?? isWide,
    ret: letter.ret,
    envid: letter.envid,
    submissionId: letter.submissionId,
    language: letter.language,
    name: letter.name,
    isTraced: letter.isTraced,
    isPassedOn: letter.isPassedOn,
    findings: letter.findings,
    signedBy: letter.signedBy ?? (letter.isWrittenHere === true ? authorDomain(header) : undefined),
    found: letter.found,
    sealedBy: letter.sealedBy,
    care: letter.isTlsRequired === true ? 'proven' : isTlsWaived(header) ? 'asItMay' : undefined,
  }
  return {
    id,
    accountId: letter.accountId ?? QUEUE_ACCOUNT,
    blob,
    size: content.length,
    sealed: key.seal(letterPlace(id), JSON.stringify(envelope)),
    sendAt: letter.sendAt,
    destinationKeys: named.map(({ domain }) => destinationKey(key, domain)),
    recipients: named.map((recipient, number) => sealRecipient(key, id, number, recipient)),
  }
}

const isPlain = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

export const destinationKey = (key: ServiceKey, domain: string): Buffer => key.hash(`destination\0${domain}`)

/**
 * Puts a prepared letter into the queue, in the caller's transaction: what the caller writes and the letter are durable
 * together. Needs no more than zegel_receiver may. Call `wakeQueue` after the commit.
 * @returns its id
 */
export async function enqueue(sql: Sql, letter: PreparedLetter): Promise<number> {
  const { id, blob, recipients } = letter
  const time = now()
  const sendAt = letter.sendAt !== undefined && letter.sendAt > time ? letter.sendAt : time
  // Sent without waiting for one another; all are waited for, so that none goes on after a rollback.
  const statements = await Promise.allSettled([
    storeContent(sql, blob),
    sql`
      insert into queue_letter (letter_id, account_id, blob_id, size, sealed, created_at, send_at)
      values (${id}, ${letter.accountId}, ${blob.ref.id}, ${letter.size}, ${letter.sealed}, ${time}, ${sendAt})`,
    sql`
      insert into queue_recipient (letter_id, number, destination_key, sealed, next_attempt_at)
      select ${id}, given.number - 1, given.destination_key, given.sealed, ${sendAt}
      from unnest(${letter.destinationKeys}::bytea[], ${recipients}::bytea[])
        with ordinality as given (destination_key, sealed, number)`,
  ])
  for (const statement of statements) if (statement.status === 'rejected') throw statement.reason
  return id
}

const storeContent = async (sql: Sql, { ref, sealedSize, content }: PreparedBlob): Promise<void> =>
  void (await sql`
    insert into blob (account_id, blob_id, sealed_size, content, created_at)
    values (${QUEUE_ACCOUNT}, ${ref.id}, ${sealedSize}, ${content ?? null}, ${now()})`)

export async function isQueued(sql: Sql, letterId: number): Promise<boolean> {
  const { rowCount } = await sql`select from queue_letter where letter_id = ${letterId}`
  return rowCount > 0
}

/**
 * Takes a letter back, in the caller's transaction, while nobody has begun to deliver it to any recipient.
 * The content's file, where it has one, is left to the sweep.
 * @returns false when it was too late, or when there is no such letter
 */
export async function withdraw(sql: Sql, letterId: number): Promise<boolean> {
  // The letter first, as whoever writes down how it went.
  await sql`select from queue_letter where letter_id = ${letterId} for update`
  const { rows } = await sql<{ attempts: number }>`
    select attempts from queue_recipient where letter_id = ${letterId} order by number for update`
  if (rows.length === 0 || rows.some(({ attempts }) => attempts > 0)) return false
  await sql`
    with gone as (delete from queue_letter where letter_id = ${letterId} returning blob_id)
    delete from blob using gone where account_id = ${QUEUE_ACCOUNT} and blob.blob_id = gone.blob_id`
  return true
}
