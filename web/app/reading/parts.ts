import type { BodyPart, Letter } from '../jmap/types.ts'

/** Pictures that browsers show safely as an image. SVG is not among them: opened by itself it is a page. */
const pictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']

export function isPicture(part: BodyPart): boolean {
  return pictures.includes(part.type.toLowerCase())
}

/** The part of a letter to show: its HTML if it has any, else its plain texts; pictures between them follow. */
export function bodyOf(letter: Letter): { html: BodyPart[]; plain: BodyPart[] } {
  const html = letter.htmlBody.filter((part) => part.type === 'text/html')
  return html.length > 0
    ? { html: letter.htmlBody.filter(isText), plain: [] }
    : { html: [], plain: letter.textBody.filter(isText) }
}

function isText(part: BodyPart): boolean {
  return part.type.startsWith('text/')
}

/** The text of a part as loaded. */
export function textOf(letter: Letter, part: BodyPart): string {
  return letter.bodyValues[part.partId ?? '']?.value ?? ''
}

/** HTML of all text parts in a row; a plain one between them (RFC 8621 §4.1.4) keeps its lines. */
export function htmlOf(letter: Letter, parts: BodyPart[]): string {
  return parts
    .map((part) =>
      part.type === 'text/html' ? textOf(letter, part) : `<pre>${escapeHtml(textOf(letter, part))}</pre>`,
    )
    .join('\n')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function isTruncated(letter: Letter): boolean {
  return Object.values(letter.bodyValues).some((value) => value.isTruncated)
}

/** What is offered as a file: the attachments, without the pictures that the text shows by Content-ID. */
export function filesOf(letter: Letter, shownIds: ReadonlySet<string>): BodyPart[] {
  const inline = [...letter.htmlBody, ...letter.textBody].filter((part) => !isText(part))
  const all = [...letter.attachments, ...inline]
  const seen = new Set<string>()
  return all.filter((part) => {
    const id = part.blobId
    if (id === null || seen.has(id)) return false
    seen.add(id)
    return !(part.cid && isPicture(part) && shownIds.has(part.cid.replace(/^<|>$/g, '')))
  })
}

const icons: [RegExp, string][] = [
  [/^image\//, 'image'],
  [/pdf|^text\/|msword|wordprocessing|opendocument\.text/, 'file-text'],
  [/spreadsheet|ms-excel|csv/, 'file-spreadsheet'],
  [/zip|tar|compress|7z|rar/, 'file-archive'],
  [/^message\//, 'mail'],
]

export function iconOf(part: Pick<BodyPart, 'type'>): string {
  return icons.find(([pattern]) => pattern.test(part.type))?.[1] ?? 'file'
}
