import { decodeWords } from '#formats/message'

/** What a mailbox says of a letter. */
export interface MboxStatus {
  /** As JMAP names them (RFC 8621 §4.1.1); others as they stand, and not checked. */
  keywords: string[]
  /** Marked to be removed. */
  isDeleted: boolean
  /** Removed, and only not yet taken out of the file (Thunderbird). */
  isGone: boolean
  /** Of Gmail, where a letter has them instead of a folder; undefined without the field. */
  labels: string[] | undefined
  /** Bytes of the body, as far as that is true. */
  contentLength: number | undefined
}

/** Letters of Status and X-Status. */
const LETTERS: Readonly<Record<string, string>> = { R: '$seen', A: '$answered', F: '$flagged', T: '$draft' }

/** Bits of X-Mozilla-Status. */
const MOZILLA: readonly [bit: number, keyword: string][] = [
  [0x0001, '$seen'],
  [0x0002, '$answered'],
  [0x0004, '$flagged'],
  [0x1000, '$forwarded'],
]
const MOZILLA_GONE = 0x0008

/** Keywords read of one letter. */
const MOST = 100

const FIELD =
  /^(status|x-status|x-keywords|x-mozilla-status|x-mozilla-keys|x-gmail-labels|content-length):[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gim

/** @param header  octets as characters */
export function readStatus(header: string): MboxStatus {
  const keywords = new Set<string>()
  const status: MboxStatus = {
    keywords: [],
    isDeleted: false,
    isGone: false,
    labels: undefined,
    contentLength: undefined,
  }
  for (const [, name = '', raw = ''] of header.matchAll(FIELD)) {
    const value = raw.replaceAll(/\r?\n[ \t]+/g, ' ').trim()
    READERS[name.toLowerCase()]?.(value, status, keywords)
  }
  status.keywords = [...keywords].slice(0, MOST)
  return status
}

type Reader = (value: string, status: MboxStatus, keywords: Set<string>) => void

const byLetters: Reader = (value, status, keywords) => {
  for (const letter of value.slice(0, 20)) {
    const keyword = LETTERS[letter]
    if (keyword !== undefined) keywords.add(keyword)
    if (letter === 'D') status.isDeleted = true
  }
}

const byNames: Reader = (value, _status, keywords) => {
  for (const name of value.split(/\s+/).slice(0, MOST)) if (name !== '') keywords.add(name)
}

const READERS: Readonly<Record<string, Reader>> = {
  status: byLetters,
  'x-status': byLetters,
  'x-keywords': byNames,
  'x-mozilla-keys': byNames,
  'x-mozilla-status'(value, status, keywords) {
    if (!/^[\da-f]{1,8}$/i.test(value)) return
    const bits = parseInt(value, 16)
    for (const [bit, keyword] of MOZILLA) if ((bits & bit) !== 0) keywords.add(keyword)
    if ((bits & MOZILLA_GONE) !== 0) status.isGone = true
  },
  'x-gmail-labels'(value, status) {
    status.labels = labelsOf(decodeWords(Buffer.from(value, 'latin1').toString(), true))
  },
  'content-length'(value, status) {
    if (/^\d{1,12}$/.test(value)) status.contentLength = Number(value)
  },
}

/** A list with commas; a label that has one stands between quotation marks. */
function labelsOf(text: string): string[] {
  const labels = Array.from(text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g), ([, quoted, plain = '']) =>
    (quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1')).trim(),
  )
  return labels.filter((label) => label !== '').slice(0, MOST)
}

/** The fields that a mailbox of ours begins a letter with, always these, so that they alone are taken off again. */
export const OWN_FIELDS =
  /^Status: ?([A-Z]*)\nX-Status: ?([A-Z]*)\nX-Keywords: ?([^\r\n]*)\n(X-Zegel-Last-Line: open\n)?/

export function writeStatus(keywords: readonly string[], isDeleted: boolean, isOpen: boolean): string {
  const has = (letter: string): string => (keywords.includes(LETTERS[letter] as string) ? letter : '')
  const others = keywords.filter((name) => !Object.values(LETTERS).includes(name))
  return [
    `Status: ${has('R')}O\n`,
    `X-Status: ${has('A')}${has('F')}${has('T')}${isDeleted ? 'D' : ''}\n`,
    `X-Keywords: ${others.join(' ')}\n`,
    isOpen ? 'X-Zegel-Last-Line: open\n' : '',
  ].join('')
}
