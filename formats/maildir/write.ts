import { FLAGS, letterOf, MOST_KEYWORDS, TRASHED } from './flags.ts'
import { encodeFolder } from './folders.ts'
import { KEYWORDS_FILE } from './read.ts'

export interface MaildirSource {
  /** Unlike that of any other letter in the folder. */
  id: number
  receivedAt: Date
  /** As JMAP names them, without spaces. */
  keywords: readonly string[]
  isDeleted?: boolean
  /** Bytes. */
  size: number
  content: Uint8Array | AsyncIterable<Uint8Array>
}

export interface MaildirFile {
  name: string
  modifiedAt: Date
  content: Uint8Array | AsyncIterable<Uint8Array>
}

/**
 * The files of one folder: its letters, and the names of their keywords. There is room for 26 of these in a folder; what comes after is left out,
 * and told.
 * @param folder  names from the top; none for the inbox
 */
export async function* writeMaildir(
  folder: readonly string[],
  letters: AsyncIterable<MaildirSource>,
  leftOut: (keyword: string) => void = () => undefined,
): AsyncGenerator<MaildirFile> {
  const name = encodeFolder(folder)
  const place = name === '' ? '' : `${name}/`
  const flags = Object.entries(FLAGS)
  const numbers = new Map<string, number>()
  let newest = new Date(0)
  for await (const { id, receivedAt, keywords, isDeleted = false, size, content } of letters) {
    const marks = flags.filter(([, keyword]) => keywords.includes(keyword)).map(([letter]) => letter)
    if (isDeleted) marks.push(TRASHED)
    for (const keyword of keywords) {
      if (flags.some(([, flag]) => flag === keyword)) continue
      if (!numbers.has(keyword) && numbers.size < MOST_KEYWORDS) numbers.set(keyword, numbers.size)
      const number = numbers.get(keyword)
      if (number === undefined) leftOut(keyword)
      else marks.push(letterOf(number))
    }
    // Flags stand in the order of ASCII.
    const info = marks.toSorted().join('')
    const seconds = Math.floor(receivedAt.getTime() / 1000)
    yield { name: `${place}cur/${seconds}.${id}.zegel,S=${size}:2,${info}`, modifiedAt: receivedAt, content }
    if (receivedAt > newest) newest = receivedAt
  }
  if (numbers.size > 0) {
    const lines = Array.from(numbers, ([keyword, number]) => `${number} ${keyword}\n`)
    yield { name: `${place}${KEYWORDS_FILE}`, modifiedAt: newest, content: Buffer.from(lines.join('')) }
  }
  // What tells other programs that this is a folder.
  if (place !== '') yield { name: `${place}maildirfolder`, modifiedAt: newest, content: Buffer.alloc(0) }
}
