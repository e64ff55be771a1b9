import { hash } from 'node:crypto'
import { lastValue, parseAddress } from '#formats/message'
import { parseSieveAddress, type Argument, type Tags } from '#formats/sieve'
import { mayAnswer } from '#mail/vacation'
import { Fault } from './fault.ts'
import { unfold } from './edits.ts'
import { fieldsOf, textOf } from './letter.ts'
import type { Run } from './state.ts'
import type { Vacation } from './situation.ts'
import { string, strings } from './variables.ts'

const DAY_SECONDS = 24 * 3600
/** RFC 5230 §4.1: a week unless the script says otherwise; a year at most. */
const USUAL_DAYS = 7
const MOST_SECONDS = 365 * DAY_SECONDS

/** Characters of the subject that is answered. */
const MOST_SUBJECT = 500

/** RFC 5230 §5.8 and RFC 5322 §3.6.4: ids that an answer carries, the newest. */
const MOST_REFERENCES = 20

/**
 * The answer that a script wants given.
 * @returns undefined for a letter that no machine may answer (RFC 5230 §4.5, §4.6)
 * @throws Fault when `:from` is no address, or `:mime` has no header
 */
export async function answerOf(run: Run, tags: Tags, args: readonly Argument[]): Promise<Vacation | undefined> {
  const { situation } = run
  const { message, envelope } = situation
  const text = string(run, args[0])
  const isMime = tags.mime === true
  if (isMime && !MIME_HEADER.test(text)) throw new Fault('field')
  const subject = tags.subject === undefined ? undefined : unfold(string(run, tags.subject)).slice(0, MOST_SUBJECT)
  const from = tags.from === undefined ? undefined : string(run, tags.from)
  const handle = tags.handle === undefined ? undefined : string(run, tags.handle)
  const sender = parseSieveAddress(from ?? '')
  if (from !== undefined && sender === undefined) throw new Fault('address')

  const also = new Set(
    strings(run, tags.addresses).flatMap((address) => parseSieveAddress(address)?.address.toLowerCase() ?? []),
  )
  const isOwn = async (address: string): Promise<string | undefined> =>
    (await situation.ownAddress(address)) ?? (also.has(address.toLowerCase()) ? address : undefined)
  const reversePath = parseAddress(envelope.from)?.address
  const answerable = reversePath === undefined ? undefined : await mayAnswer(message, isOwn, reversePath)
  if (answerable === undefined) return undefined
  // What the script calls its own is good for being written to, and not for writing as.
  const address = (await situation.ownAddress(answerable.from)) ?? envelope.to
  const isFromOwn = sender !== undefined && (await situation.ownAddress(sender.address)) !== undefined
  const id = (lastValue(message, message.root, 'Message-ID', 'MessageIds') ?? []).slice(0, 1)
  const thread = [...(lastValue(message, message.root, 'References', 'MessageIds') ?? []), ...id].slice(
    -MOST_REFERENCES,
  )
  return {
    kind: 'vacation',
    to: answerable.to,
    address,
    from: from !== undefined && isFromOwn ? from : address,
    subject: subject ?? usualSubject(run),
    text,
    isMime,
    // RFC 5230 §4.2: without a name of its own what is said is the name.
    handle: hash(
      'sha256',
      JSON.stringify(handle === undefined ? [subject, from, isMime, text] : [handle]),
      'base64url',
    ),
    seconds: secondsOf(tags),
    inReplyTo: id.length > 0 ? id : null,
    references: thread.length > 0 ? thread : null,
  }
}

/** Of a MIME part the first line of its header, or the empty line for one without any. RFC 5230 §4.4. */
const MIME_HEADER = /^(?:[!-9;-~]+[ \t]*:|\r?\n)/

/** RFC 5230 §4.1, RFC 6131 §2. */
function secondsOf({ seconds, days }: Tags): number {
  if (seconds !== undefined) return Math.min(Number(seconds), MOST_SECONDS)
  return Math.min(Math.max(Number(days ?? USUAL_DAYS), 1) * DAY_SECONDS, MOST_SECONDS)
}

/** RFC 5230 §4.3. */
function usualSubject({ letter }: Run): string {
  const [field] = fieldsOf(letter, 'Subject')
  const subject =
    field === undefined
      ? ''
      : textOf(letter, field)
          .replace(/\p{Cc}+/gu, ' ')
          .slice(0, MOST_SUBJECT)
  return subject === '' ? 'Automated reply' : `Auto: ${subject}`
}
