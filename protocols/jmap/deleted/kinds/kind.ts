import type { DeletedItem } from '#items'

/** What a list says of a thing, of whatever kind it is. */
export interface Described {
  title: string
  /** Whom it is from, or whom it is about. */
  people: { name: string | null; email: string }[]
  preview: string
  hasAttachment: boolean
}

/** How items of a kind say what they are. */
export interface ItemKind {
  describe(item: DeletedItem): Described
}

/** How records of a kind say what they are. */
export interface RecordKind<Value = unknown> {
  describe(value: Value): Described
  /** All that a search looks through. */
  words(value: Value): string
}

export const NOTHING: Described = { title: '', people: [], preview: '', hasAttachment: false }

/** Characters of a title and of a preview, as of a message's (RFC 8621 §4.1.4). */
const TITLE = 200
const PREVIEW = 256

export const titleOf = (text: string): string => cut(text.trimStart().split('\n', 1)[0] ?? '', TITLE)

export const previewOf = (text: string): string =>
  cut(
    text
      .slice(0, 4 * PREVIEW)
      .replace(/\s+/g, ' ')
      .trim(),
    PREVIEW,
  )

const cut = (text: string, most: number): string =>
  Array.from(text.slice(0, 2 * most))
    .slice(0, most)
    .join('')
