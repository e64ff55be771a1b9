/** Characters of RFC 8187 §3.2.1 that need no escape. */
const ESCAPED = /[^\w!#$&+.^`|~-]/gu

/**
 * A Content-Disposition with a file name: for old clients in ASCII, for all others as it is. RFC 6266 §4, RFC 8187.
 * What steers a terminal, a path or the reading direction is taken out of the name.
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const clean = cleanName(name)
  if (clean === '') return kind
  const ascii = clean.replaceAll(/[^\x20-\x7e]/gu, '_').replaceAll(/["\\%]/g, '_')
  const escaped = clean.replaceAll(ESCAPED, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
  return `${kind}; filename="${ascii}"${ascii === clean ? '' : `; filename*=UTF-8''${escaped}`}`
}

/** Controls, format characters (as U+202E, which turns "fdp.exe" around) and separators of paths. */
function cleanName(name: string): string {
  return Array.from(
    name
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
      .replaceAll(/[/\\]/g, '_'),
  )
    .slice(0, 200)
    .join('')
    .trim()
    .replace(/^\.+/, '')
}
