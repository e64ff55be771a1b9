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

/** @returns undefined for what is not modified UTF-7 */
export function decodeUtf7(name: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined
  let isWrong = false
  const decoded = name.replace(/&([^-]*)(-?)/g, (_all, run: string, end: string) => {
    if (end === '' || !/^[A-Za-z0-9+,]*$/.test(run)) isWrong = true
    if (run === '') return '&'
    const bytes = Buffer.from(run.replaceAll(',', '/'), 'base64')
    if (bytes.length % 2 === 1 || bytes.length === 0) {
      isWrong = true
      return ''
    }
    return bytes.swap16().toString('utf16le')
  })
  return isWrong || !decoded.isWellFormed() ? undefined : decoded
}
