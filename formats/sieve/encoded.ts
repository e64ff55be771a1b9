const BLANK = String.raw`(?:[ \t]|\r\n)`
const ENCODED = new RegExp(
  String.raw`\$\{(?:(hex):${BLANK}*([0-9a-f]{1,2}(?:${BLANK}+[0-9a-f]{1,2})*)|(unicode):${BLANK}*([0-9a-f]+(?:${BLANK}+[0-9a-f]+)*))${BLANK}*\}`,
  'gi',
)

/**
 * Puts characters in the place of `${hex:…}` and `${unicode:…}`; what is not well-formed stays as it is (RFC 5228 §2.4.2.4).
 * Octets that together are no UTF-8 become U+FFFD, as they do in letters.
 * @returns undefined when a number names no character
 */
export function decodeCharacters(text: string): string | undefined {
  if (!text.includes('${')) return text
  let decoded = ''
  let octets: number[] = []
  let from = 0
  const flush = (): void => {
    decoded += Buffer.from(octets).toString('utf8')
    octets = []
  }
  for (const found of text.matchAll(ENCODED)) {
    // Octets of sequences that touch make characters together.
    if (found.index > from) {
      flush()
      decoded += text.slice(from, found.index)
    }
    from = found.index + found[0].length
    const numbers = (found[2] ?? found[4])!.split(/\s+/).map((digits) => Number.parseInt(digits, 16))
    if (found[1] !== undefined) {
      for (const octet of numbers) octets.push(octet)
      continue
    }
    if (numbers.some((code) => code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff))) return undefined
    flush()
    for (const code of numbers) decoded += String.fromCodePoint(code)
  }
  flush()
  return decoded + text.slice(from)
}
