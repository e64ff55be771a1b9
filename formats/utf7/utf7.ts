/**
 * Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3) for IMAP4rev1, UTF-8 for who has enabled IMAP4rev2 or
 * UTF8=ACCEPT.
 */

export function encodeUtf7(name: string): string {
  return name.replace(/[^\x20-\x7e]+|&/g, (run) => {
    if (run === '&') return '&-'
    return `&${Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`
  })
}

/**
 * @returns undefined for what is not modified UTF-7, or could be written otherwise: "superfluous" shifts and printable
 *   ASCII in base64 "MUST NOT be used", so that one name has one form, and no separator comes in disguise
 */
export function decodeUtf7(name: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined
  const decoded = name.replace(/&([^-]*)-?/g, (_all, run: string) =>
    run === '' ? '&' : utf16(Buffer.from(run.replaceAll(',', '/'), 'base64')),
  )
  return decoded.isWellFormed() && encodeUtf7(decoded) === name ? decoded : undefined
}

/** Half a unit at the end is left out, and then missed when the name is written again. */
const utf16 = (bytes: Buffer): string =>
  Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le')
