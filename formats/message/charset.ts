import { isAscii, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { hzToGbk, iso2022KrToEucKr } from './shifted.ts'

/** Bytes as text, and whether something in them could not be read as the charset says. */
export interface Decoded {
  readonly text: string
  readonly isProblem: boolean
}

type Decode = (bytes: Buffer) => Decoded

const REPLACEMENT = '\ufffd'

// Names that mailers write and that neither the WHATWG labels of TextDecoder nor iconv-lite know.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['utf8mb4', 'utf-8'],
  ['utf-8-mac', 'utf-8'],
  ['8859-1', 'iso-8859-1'],
  ['latin9', 'iso-8859-15'],
  ['646', 'us-ascii'],
  ['ansi', 'windows-1252'],
  ['cp932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['windows-936', 'gbk'],
  ['gb2312-80', 'gbk'],
  ['cp949', 'euc-kr'],
  ['x-windows-949', 'euc-kr'],
  ['cp950', 'big5'],
  ['iso-2022-jp-1', 'iso-2022-jp'],
  ['iso-2022-jp-2', 'iso-2022-jp'],
  ['iso-2022-jp-3', 'iso-2022-jp'],
  ['unicode-1-1-utf-7', 'utf-7'],
])

// iconv-lite answers to these too, but they are no charsets: text in "base64" would come out as base64.
const NO_CHARSETS = new Set(['base64', 'hex', 'binary', 'internal', 'cesu8'])

const LABEL = /^[a-z0-9][\w.:+-]{0,39}$/
// iconv-lite passes over punctuation, so a charset has many names: only so many are kept.
const MAX_KEPT = 200

/** How text of this charset is decoded; undefined when no such charset is known. Names as in Content-Type, any case. */
export function charsetDecoder(label: string): Decode | undefined {
  const name = label
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase()
  if (!LABEL.test(name)) return undefined
  const charset = ALIASES.get(name) ?? name
  const known = decoders.get(charset)
  if (known) return known
  const made = DECODERS.get(charset) ?? whatwgDecoder(charset) ?? iconvDecoder(charset)
  if (made && decoders.size < MAX_KEPT) decoders.set(charset, made)
  return made
}

const decoders = new Map<string, Decode>()

/** What text without a usable charset is: UTF-8 when it is valid, else Windows-1252 (which takes any byte). */
export function decodeUnlabelled(bytes: Buffer): Decoded {
  if (isAscii(bytes)) return { text: bytes.toString('latin1'), isProblem: false }
  if (isUtf8(bytes)) return decodeUtf8(bytes)
  return { text: decodeWindows1252(bytes), isProblem: true }
}

function decodeUtf8(bytes: Buffer): Decoded {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return { text: bytes.toString('utf8', hasMark ? 3 : 0), isProblem: !isUtf8(bytes) }
}

const windows1252 = new TextDecoder('windows-1252')
const decodeWindows1252 = (bytes: Buffer): string => windows1252.decode(bytes)

// RFC 2781 §4.3: a mark says the byte order; without one it is big-endian, though what comes from Windows is not.
function decodeUtf16(bytes: Buffer): Decoded {
  const isBigEndian = (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0 && bytes[1] !== 0)
  return charsetDecoder(isBigEndian ? 'utf-16be' : 'utf-16le')!(bytes)
}

const DECODERS: ReadonlyMap<string, Decode> = new Map([
  ['utf-8', decodeUtf8],
  ['utf8', decodeUtf8],
  ['us-ascii', decodeUnlabelled],
  ['ascii', decodeUnlabelled],
  ['ansi_x3.4-1968', decodeUnlabelled],
  ['utf-16', decodeUtf16],
  ['hz-gb-2312', (bytes: Buffer) => charsetDecoder('gbk')!(hzToGbk(bytes))],
  ['iso-2022-kr', (bytes: Buffer) => charsetDecoder('euc-kr')!(iso2022KrToEucKr(bytes))],
])

function whatwgDecoder(charset: string): Decode | undefined {
  try {
    const strict = new TextDecoder(charset, { fatal: true })
    const lenient = new TextDecoder(charset)
    return (bytes) => {
      try {
        return { text: strict.decode(bytes), isProblem: false }
      } catch {
        return { text: lenient.decode(bytes), isProblem: true }
      }
    }
  } catch {
    return undefined
  }
}

function iconvDecoder(charset: string): Decode | undefined {
  if (NO_CHARSETS.has(charset.replace(/[^a-z0-9]/g, '')) || !iconv.encodingExists(charset)) return undefined
  return (bytes) => {
    const text = iconv.decode(bytes, charset)
    return { text, isProblem: text.includes(REPLACEMENT) }
  }
}
