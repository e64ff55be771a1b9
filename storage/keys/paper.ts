import { hash } from 'node:crypto'
import { Refusal } from '#system'

/**
 * The recovery key on paper. It opens the copy of the keys that lies beside the backups, whatever epoch that is of; alone it opens
 * nothing. Four lines of 8 bytes each, in groups of letters that are not taken for one another, with a checksum for each line.
 */
export interface Paper {
  /** Which recovery key it is: also in the head of every copy of the keys that it opens. */
  id: string
  /** The private half, 32 bytes. */
  key: Buffer
}

/** Crockford's base 32: without I, L, O and U. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LINES = 4
const BYTES = 8
/** Of a line: 13 letters are 65 bits, then 3 letters of checksum. */
const DATA = 13
const CHECK = 3

/** A few letters by which people and programs tell recovery keys apart. */
export function paperId(publicKey: Uint8Array): string {
  return letters(hash('sha256', publicKey, 'buffer').subarray(0, 5), 8).replace(/^(....)/, '$1-')
}

/** The lines to be written down: which paper it is, and the key. */
export function paperLines({ id, key }: Paper): string[] {
  const rows = Array.from({ length: LINES }, (_, i) => {
    const data = letters(key.subarray(i * BYTES, (i + 1) * BYTES), DATA)
    return `${i + 1}: ${groups(data + check(id, i, data))}`
  })
  return [`Paper ${id}`, ...rows]
}

/**
 * Reads what somebody typed: the line `Paper ID` and the four numbered lines, in any case, with any spaces, and with the
 * letters that look alike taken for the ones that are used. Everything else is passed over.
 * @throws Refusal 'invalid' that names each line that is missing or mistyped
 */
export function readPaper(text: string): Paper {
  const rows = text.slice(0, 10_000).split(/\r?\n/)
  const id = rows.map((row) => /^\s*paper\s+([0-9a-z]{4}-?[0-9a-z]{4})\s*$/i.exec(row)?.[1]).find(Boolean)
  if (id === undefined) throw new Refusal('invalid', { fields: ['the line "Paper ….-…." is missing or mistyped'] })
  const normal = fold(id).replace(/^(....)/, '$1-')
  const wrong: string[] = []
  const parts = Array.from({ length: LINES }, (_, i) => {
    const row = rows.map((line) => new RegExp(`^\\s*${i + 1}\\s*[:.]\\s*(.+)$`).exec(line)?.[1]).find(Boolean)
    const typed = fold(row ?? '')
    const data = typed.slice(0, DATA)
    const bytes = typed.length === DATA + CHECK ? bytesOf(data) : undefined
    if (bytes === undefined || typed.slice(DATA) !== check(normal, i, data))
      wrong.push(`line ${i + 1}: ${row === undefined ? 'missing' : 'mistyped'}`)
    return bytes ?? Buffer.alloc(BYTES)
  })
  // When no line fits, it is the id that they were checked with.
  if (wrong.length === LINES) wrong.push('or the line "Paper" is mistyped')
  if (wrong.length > 0) throw new Refusal('invalid', { fields: wrong })
  return { id: normal, key: Buffer.concat(parts) }
}

const fold = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')

const groups = (text: string): string => text.match(/.{1,4}/g)?.join(' ') ?? ''

const check = (id: string, line: number, data: string): string =>
  letters(hash('sha256', `zegel paper ${id} ${line} ${data}`, 'buffer').subarray(0, 2), CHECK)

function letters(bytes: Uint8Array, count: number): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let i = 0; i < count; i++, value >>= 5n) text = LETTERS[Number(value & 31n)] + text
  return text
}

function bytesOf(data: string): Buffer | undefined {
  let value = 0n
  for (const letter of data) {
    const at = LETTERS.indexOf(letter)
    if (at < 0) return undefined
    value = (value << 5n) | BigInt(at)
  }
  return value >> BigInt(8 * BYTES) === 0n ? Buffer.from(value.toString(16).padStart(2 * BYTES, '0'), 'hex') : undefined
}
