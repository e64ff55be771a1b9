import { readdirSync, readFileSync } from 'node:fs'
import { collectWords } from '#formats/words'
import { featuresOf, featuresOfWord } from '#mail/antispam'
import { envelope, parseMessage } from '#formats/message'

const DATA = new URL('../../shared/data/mail-spamassassin/', import.meta.url)
const SETS = { 'easy-ham-2': false, 'hard-ham-1': false, 'spam-1': true } as const

/** A letter of the collection, which people have said of whether it is junk. */
export interface Labelled {
  set: keyof typeof SETS
  isJunk: boolean
  features: Uint32Array
  /** Features of what a start must not learn: names of lists and people, of days and months. */
  ofItsPlace: readonly number[]
  /** That finding the features took, the shortest of some rounds. */
  milliseconds: number
}

/** The letters of ../shared/data/mail-spamassassin, without what the mailbox and the list put around them. */
export const labelledLetters = (): Labelled[] =>
  Object.entries(SETS).flatMap(([set, isJunk]) =>
    readdirSync(new URL(`${set}/`, DATA)).map((file) => {
      const content = readFileSync(new URL(`${set}/${file}`, DATA))
      const sent = asSent(content)
      const features = featuresOf(sent)
      const milliseconds = Math.min(...Array.from({ length: ROUNDS }, () => timeOf(sent)))
      return { set: set as keyof typeof SETS, isJunk, features, ofItsPlace: placeOf(content, isJunk), milliseconds }
    }),
  )

const ROUNDS = 3

function timeOf(content: Buffer): number {
  const startedAt = performance.now()
  featuresOf(content)
  return performance.now() - startedAt
}

/** Bytes as Latin-1, so that every one of them stays what it is. */
function asSent(content: Buffer): Buffer {
  const text = content
    .toString('latin1')
    .replace(/^From .*\n/, '')
    // "[ILUG] Re: …", and what lists of that time put below every letter.
    .replace(/^(Subject:(?: re:)*) *\[[^\]\n]{1,30}\]/im, '$1')
    .replace(
      /\n(?:_{10,}|-{10,})\n(?:.*\n){0,8}.*(?:mailing list|mailman\/listinfo|sf\.net|sourceforge)(?:.*\n){0,8}/gi,
      '\n',
    )
    .replace(/\n-- ?\n(?:.*\n){0,3}.*(?:mailing list|listmaster|list maintainer|un-?subscription)(?:.*\n){0,5}/gi, '\n')
    .replace(/\nThis (?:sf\.net )?email is sponsored by:.*\n(?:.*\n){0,3}/gi, '\n')
    // "On Mon, Sep 02, 2002, somebody wrote:"
    .replace(/^.{0,60}\b(?:19|20)\d\d\b.{0,80}(?:wrote|writes|said):?\s*$/gim, '')
  return Buffer.from(text, 'latin1')
}

/** Words that every year has, and every letter of one. */
export const TIMES =
  'monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march april may june july august ' +
  'september october november december jan feb mar apr jun jul aug sep sept oct nov dec gmt edt est pdt pst cest'

function placeOf(content: Buffer, isJunk: boolean): number[] {
  const { from, to, cc, sender, replyTo } = envelope(parseMessage(content.subarray(content.indexOf('\n') + 1)))
  const named = isJunk ? [] : [from, to, cc, sender, replyTo].flatMap((list) => list ?? [])
  const words = new Set<string>()
  collectWords(
    named.map(({ name, email }) => `${name ?? ''} ${email.replaceAll(/[@.+-]/g, ' ')}`).join('\n'),
    words,
    1000,
  )
  return [...words].flatMap(featuresOfWord)
}
