/** The text of a letter that is answered, as plain text is quoted: "> " before each line (RFC 3676 §4.5). */
export function quotePlain(text: string): string {
  return withoutSignature(text)
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : line === '' ? '>' : `> ${line}`))
    .join('\n')
}

/** What stands below "-- " is not answered (RFC 3676 §4.3). */
function withoutSignature(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').trimEnd().split('\n')
  const signature = lines.lastIndexOf('-- ')
  return (signature > 0 ? lines.slice(0, signature) : lines).join('\n').trimEnd()
}

/** What was written, and what it quotes at its end. */
export interface Parted {
  own: string
  /** The line that says who is quoted; '' when there is none. */
  attribution: string
  /** The quoted lines with their marks; '' when the text does not end with a quote. */
  quote: string
}

/** Parts a plain text from the quote that ends it. What is quoted between one's own words stays where it is. */
export function partPlain(text: string): Parted {
  const lines = text.replace(/\r\n?/g, '\n').trimEnd().split('\n')
  let from = lines.length
  while (from > 0 && isQuote(lines[from - 1] ?? '')) from--
  while (from < lines.length && lines[from] === '') from++
  if (from === lines.length) return { own: text.trimEnd(), attribution: '', quote: '' }
  let before = from
  while (before > 0 && lines[before - 1] === '') before--
  const line = lines[before - 1] ?? ''
  const attribution = line.endsWith(':') ? line : ''
  const own = lines.slice(0, attribution ? before - 1 : before)
  return { own: own.join('\n').trimEnd(), attribution, quote: lines.slice(from).join('\n') }
}

function isQuote(line: string): boolean {
  return line === '' || line.startsWith('>')
}

/** The whole of a plain letter from its parts. */
export function joinPlain({ own, attribution, quote }: Parted): string {
  return [own.trimEnd(), [attribution, quote].filter(Boolean).join('\n')].filter(Boolean).join('\n\n')
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)
}

/** Plain text as HTML: a block for each line, spaces kept that HTML would join. */
export function plainToHtml(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => `<div>${escapeHtml(line).replace(/ (?= |$)/g, '&nbsp;') || '<br>'}</div>`)
    .join('')
}
