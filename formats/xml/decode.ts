/** Encodings that are read, by the name in a declaration. */
const ENCODINGS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  'utf-8': utf8,
  utf8,
  'us-ascii': utf8,
  ascii: utf8,
  'iso-8859-1': latin1,
  latin1,
  'windows-1252': (bytes) => new TextDecoder('windows-1252').decode(bytes),
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

const utf16 = (bytes: Uint8Array, isBig: boolean): string =>
  new TextDecoder(isBig ? 'utf-16be' : 'utf-16le', { fatal: true }).decode(bytes)

/** Where a declaration stands, if there is one: it has nothing but ASCII. */
const DECLARATION_BYTES = 200
const DECLARED = /^<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z][\w.-]*)["']/

/**
 * The text of a document: by its byte order mark, by how it begins, by what it declares, else as UTF-8 (XML 1.0 appendix F).
 * @returns undefined for an encoding that is not read, and for bytes that are not of the one it is said to be
 */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    const [a, b] = bytes
    if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return utf16(bytes, true)
    if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return utf16(bytes, false)
    if (a === 0xef && b === 0xbb) return utf8(bytes)
    const declared = DECLARED.exec(latin1(bytes.subarray(0, DECLARATION_BYTES)))?.[1]?.toLowerCase() ?? 'utf-8'
    return Object.hasOwn(ENCODINGS, declared) ? ENCODINGS[declared]?.(bytes) : undefined
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
