const MAX_WORD = 75
// Room for one character of four octets in either encoding.
const LEAST_WORD = 24
const PREFIX = '=?utf-8?'
const OVERHEAD = PREFIX.length + 'B??='.length

// The least set, allowed in a phrase too (RFC 2047 §5).
const PLAIN = /[A-Za-z0-9!*+\-/]/

/**
 * Text as encoded words of at most 75 octets each (RFC 2047 §2), no character divided, a space between the words.
 * @param firstRoom  octets that are left for the first word on its line
 */
export function encodeWords(text: string, firstRoom: number = MAX_WORD): string {
  const characters = [...text.toWellFormed().normalize('NFC')]
  const isB = characters.reduce((sum, character) => sum + qLength(character), 0) > Buffer.byteLength(text) * 1.4
  const lengthOf = isB ? (character: string) => Buffer.byteLength(character) : qLength
  const words: string[] = []
  let word = ''
  let length = 0
  for (const character of characters) {
    const room = words.length === 0 ? Math.max(firstRoom, LEAST_WORD) : MAX_WORD
    const most = isB ? Math.floor((room - OVERHEAD) / 4) * 3 : room - OVERHEAD
    if (word !== '' && length + lengthOf(character) > most) {
      words.push(word)
      word = ''
      length = 0
    }
    word += character
    length += lengthOf(character)
  }
  words.push(word)
  return words
    .map((piece) => `${PREFIX}${isB ? `B?${Buffer.from(piece).toString('base64')}` : `Q?${encodeQ(piece)}`}?=`)
    .join(' ')
}

const qLength = (character: string): number =>
  PLAIN.test(character) || character === ' ' ? 1 : Buffer.byteLength(character) * 3

const encodeQ = (text: string): string =>
  [...text]
    .map((character) => (character === ' ' ? '_' : PLAIN.test(character) ? character : escapes(character)))
    .join('')

const escapes = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
