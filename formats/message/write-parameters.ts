const WORD_OCTETS = 50
const LONGEST_QUOTED = 60

/**
 * A parameter of a MIME field: quoted when it is short and plain, else extended and continued (RFC 2231 §3 and §4).
 * @returns '; name=value', with a space wherever it may be folded; undefined when the value holds a control character
 */
export function writeParameter(name: string, value: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(value)) return undefined
  const isPlain = /^[ !#-[\]-~]*$/.test(value) && !value.includes('=?') && value.length <= LONGEST_QUOTED
  if (isPlain) return `; ${name}="${value}"`

  const pieces = ["utf-8''"]
  for (const character of value.toWellFormed().normalize('NFC')) {
    const encoded = /[A-Za-z0-9!#$&+.^_`{}|~-]/.test(character) ? character : percents(character)
    if (pieces.at(-1)!.length + encoded.length > WORD_OCTETS) pieces.push('')
    pieces[pieces.length - 1] += encoded
  }
  if (pieces.length === 1) return `; ${name}*=${pieces[0]}`
  return pieces.map((piece, index) => `; ${name}*${index}*=${piece}`).join('')
}

const percents = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
