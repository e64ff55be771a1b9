import { z } from 'zod'
import { normalizeAddress } from '#formats/message'
import type { Summary } from '#mail'
import type { Identity } from '#mail/identities'
import type { Notify } from '#mail/outbound'
import { sendAtOf, type EnvelopeAddress, type Submission, type SubmissionRecord } from '#mail/submission'
import { Refusal } from '#system'
import { SetError } from '../calls/errors.ts'

export type Envelope = SubmissionRecord['envelope']

const Address = z.strictObject({
  email: z.string().max(1000),
  parameters: z
    .record(z.string().max(50), z.string().max(500).nullable())
    .nullish()
    .transform((parameters) => parameters ?? null),
})

/** Envelope of RFC 8621 §7. Whether its addresses are any is asked later: that has errors of its own. */
export const Envelope = z.strictObject({ mailFrom: Address, rcptTo: z.array(Address) })

const wrong = (description: string): SetError =>
  new SetError('invalidProperties', description, { properties: ['envelope'] })

/**
 * The envelope that a message itself asks for, RFC 8621 §7: its sender, or the identity's address where that is another,
 * and everybody in To, Cc and Bcc, once.
 * @throws SetError 'invalidEmail'
 */
export function envelopeOf({ from, sender, to, cc, bcc }: Summary, identity: Identity): Envelope {
  const [property, authors] = sender === null ? (['from', from] as const) : (['sender', sender] as const)
  if ((authors?.length ?? 0) > 1)
    throw new SetError('invalidEmail', 'several addresses, and no envelope that says which sends', {
      properties: [property],
    })
  const author = authors?.[0]?.email ?? ''
  const isTheirs = normalizeAddress(author) === normalizeAddress(identity.email)
  const recipients = new Map<string, string>()
  for (const { email } of [to, cc, bcc].flatMap((list) => list ?? [])) {
    const key = normalizeAddress(email) ?? email
    if (!recipients.has(key)) recipients.set(key, email)
  }
  const bare = (email: string): EnvelopeAddress => ({ email, parameters: null })
  return { mailFrom: bare(isTheirs ? author : identity.email), rcptTo: [...recipients.values()].map(bare) }
}

type Parameters = ReadonlyMap<string, string | null>

/** By name in capitals. @throws SetError 'invalidProperties' for one that is not known here */
function parametersOf({ parameters }: EnvelopeAddress, known: readonly string[]): Parameters {
  const named = new Map(Object.entries(parameters ?? {}).map(([name, value]) => [name.toUpperCase(), value]))
  for (const name of named.keys()) if (!known.includes(name)) throw wrong('a parameter is not known here')
  return named
}

/** Characters of an envelope, which stands in a record together with a reply for each recipient. */
const MOST_ENVELOPE = 400_000

/** What an envelope says, in the words of `#mail/submission`. @throws SetError 'invalidProperties' */
export function submissionOf(envelope: Envelope): Omit<Submission, 'content'> {
  if (JSON.stringify(envelope).length > MOST_ENVELOPE) throw wrong('it is too long')
  const { mailFrom, rcptTo } = envelope
  const parameters = parametersOf(mailFrom, MAIL_PARAMETERS)
  return {
    mailFrom: mailFrom.email,
    recipients: rcptTo.map((recipient) => {
      const { email } = recipient
      if (recipient.parameters === null) return { address: email }
      const asked = parametersOf(recipient, RCPT_PARAMETERS)
      return { address: email, notify: notifyOf(asked.get('NOTIFY')), orcpt: orcptOf(asked.get('ORCPT')) }
    }),
    ret: retOf(parameters.get('RET')),
    envid: envidOf(parameters.get('ENVID')),
    sendAt: holdOf(parameters),
    isTlsRequired: isTlsRequired(parameters),
  }
}

/** What the server finds out by itself (BODY, SIZE, SMTPUTF8) may be said too. */
const MAIL_PARAMETERS = ['HOLDFOR', 'HOLDUNTIL', 'RET', 'ENVID', 'BODY', 'SIZE', 'SMTPUTF8', 'REQUIRETLS']
const RCPT_PARAMETERS = ['NOTIFY', 'ORCPT']

/** FUTURERELEASE, RFC 4865 §4. */
function holdOf(parameters: Parameters): Date | undefined {
  const valueOf = (name: string): string | undefined =>
    parameters.has(name) ? (parameters.get(name) ?? '') : undefined
  try {
    return sendAtOf({ holdFor: valueOf('HOLDFOR'), holdUntil: valueOf('HOLDUNTIL') })
  } catch (error) {
    throw error instanceof Refusal ? wrong('HOLDFOR or HOLDUNTIL: not a time, both, or beyond maxDelayedSend') : error
  }
}

/** RFC 8689 §4.1: it takes no value. */
function isTlsRequired(parameters: Parameters): boolean {
  if ((parameters.get('REQUIRETLS') ?? null) !== null) throw wrong('REQUIRETLS takes no value')
  return parameters.has('REQUIRETLS')
}

const NOTIFY: readonly string[] = ['SUCCESS', 'FAILURE', 'DELAY']

/** RFC 3461 §4.1: NEVER, or some of the others. */
function notifyOf(value: string | null | undefined): Notify[] | undefined {
  if (value === undefined) return undefined
  const words = (value ?? '').toUpperCase().split(',')
  if (words.join() !== 'NEVER' && !words.every((word) => NOTIFY.includes(word))) throw wrong('NOTIFY is not valid')
  return [...new Set(words)] as Notify[]
}

/** RFC 3461 §4.2: a type and an address. */
function orcptOf(value: string | null | undefined): string | undefined {
  if (value !== undefined && !/^[a-z0-9-]{1,40};[^\x00-\x1f\x7f]{1,450}$/i.test(value ?? ''))
    throw wrong('ORCPT is not valid')
  return value ?? undefined
}

/** RFC 3461 §4.3. */
function retOf(value: string | null | undefined): 'FULL' | 'HDRS' | undefined {
  const word = value?.toUpperCase()
  if (value !== undefined && word !== 'FULL' && word !== 'HDRS') throw wrong('RET is not valid')
  return word as 'FULL' | 'HDRS' | undefined
}

/** RFC 3461 §4.4: 100 characters at most. */
function envidOf(value: string | null | undefined): string | undefined {
  if (value !== undefined && !/^[ -~]{1,100}$/.test(value ?? '')) throw wrong('ENVID is not valid')
  return value ?? undefined
}
