import { Refusal } from '#system'

/** Characters of a reply: a line of 512 octets has room for them (RFC 5321 §4.5.3.1.5). */
const MOST = 400

/** A letter that a script of its recipient refuses, with its words (RFC 5429). */
export function rejection(words: string): Refusal {
  const plain = words
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^ -~]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return new Refusal('refused', {
    fields: ['scriptRefused'],
    words: plain.slice(0, MOST) || 'The recipient refuses this message',
  })
}
