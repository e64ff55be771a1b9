import { writtenTime } from '../shell/dates.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import type { BodyPart } from '../jmap/types.ts'
import { fetchBlob } from '../jmap/client.svelte.ts'
import { bodyOf, filesOf, htmlOf, isPicture, textOf } from '../reading/parts.ts'
import { contentIdAttribute } from '../reading/frame.ts'
import { sanitise } from '../reading/sanitise.ts'
import type { Message } from './begin.ts'
import { writeAddress } from './addresses.ts'
import type { Draft } from './draft.svelte.ts'
import { shownIds, writeMarkup } from './markup.ts'
import { escapeHtml, plainToHtml, quotePlain } from './quoted.ts'
import type { Kind } from './reply.ts'
import { elementStyles, quotedClass } from './styles.ts'
import { toText } from './to-text.ts'
import { Upload } from './uploads.svelte.ts'

/** Puts the letter that is answered or forwarded below the new one, with its pictures, and when forwarded its files. */
export async function quote(draft: Draft, kind: Kind, message: Message): Promise<void> {
  const body = bodyOf(message)
  const plain = body.plain.map((part) => textOf(message, part)).join('\n\n')
  const clean = body.html.length > 0 ? sanitise(htmlOf(message, body.html)).body : undefined
  const html = clean ? writeMarkup(clean) : plainToHtml(plain.trimEnd())
  const text = clean ? toText(clean) : plain.trimEnd()
  const head = kind === 'forward' ? forwardHead(message) : [attribution(message)]
  const lines = head.map((line) => `<div>${escapeHtml(line)}</div>`).join('')
  const inner =
    kind === 'forward'
      ? `${lines}<div><br></div>${html}`
      : `${lines}<blockquote type="cite" style="${elementStyles['blockquote']}">${html}</blockquote>`
  draft.quoted = {
    html: `<div class="${quotedClass}">${inner}</div>`,
    text: `${head.join('\n')}\n${kind === 'forward' ? `\n${text}` : quotePlain(text)}`,
  }
  const shown = shownIds(html)
  await takePictures(draft, message, shown)
  if (kind === 'forward') draft.files = filesOf(message, shown).flatMap(stored)
}

/** Who is quoted, and when that was written, in the language of the writer. */
function attribution(message: Message): string {
  return t('compose.wrote', {
    date: writtenTime(new Date(message.sentAt ?? message.receivedAt)),
    who: (message.from ?? []).map(writeAddress).join(', ') || t('list.unknown'),
  })
}

function forwardHead(message: Message): string[] {
  const addresses = [
    ['head.from', message.from],
    ['head.to', message.to],
    ['head.cc', message.cc],
  ] as const
  return [
    `---------- ${t('compose.forwarded')} ----------`,
    ...addresses.flatMap(([key, list]) => (list?.length ? [`${t(key)}: ${list.map(writeAddress).join(', ')}`] : [])),
    `${t('head.date')}: ${writtenTime(new Date(message.sentAt ?? message.receivedAt))}`,
    `${t('compose.subject')}: ${message.subject ?? ''}`,
  ]
}

/** Pictures that a text shows by Content-ID, to be sent along and shown: nothing is uploaded again. */
export async function takePictures(draft: Draft, message: Message, shown: ReadonlySet<string>): Promise<void> {
  const parts = [...message.attachments, ...message.htmlBody]
  for (const part of parts) {
    const cid = (part.cid ?? '').replace(/^<|>$/g, '')
    if (!shown.has(cid) || part.blobId === null || draft.pictures.has(cid) || !isPicture(part)) continue
    const { blobId, type, size } = part
    const name = part.name ?? t('compose.picture')
    const address = await addressOf(part).catch(() => undefined)
    draft.pictures.set(cid, Upload.stored({ name, type, size, cid, ...(address ? { address } : {}) }, blobId))
  }
}

/** A picture as an address of our own: the server sends blobs as downloads. */
async function addressOf(part: BodyPart): Promise<string> {
  const response = await fetchBlob(part.blobId ?? '', part.name ?? 'picture', part.type)
  return URL.createObjectURL(new Blob([await response.blob()], { type: part.type }))
}

export function stored({ blobId, name, type, size }: BodyPart): Upload[] {
  return blobId === null ? [] : [Upload.stored({ name: name ?? t('file.unnamed'), type, size }, blobId)]
}

/** The Content-IDs that cleaned content shows. */
export function pictureIds(root: Element): Set<string> {
  const shown = root.querySelectorAll(`img[${contentIdAttribute}]`)
  return new Set([...shown].map((one) => one.getAttribute(contentIdAttribute) ?? ''))
}
