import { encodeWords, envelope, findPart, type Message, type Part } from '#formats/message'
import type { Structure, Summary } from '#mail'
import { nstring, string } from '../output/strings.ts'
import { envelopeOf } from './envelope.ts'

/**
 * body. RFC 9051 §7.5.2.
 * @param extensible  with the extension data of BODYSTRUCTURE
 * @param content  the message parsed, for the envelopes of messages inside it; needed where there are any
 */
export function structureOf(
  structure: Structure,
  { extensible, utf8, content }: { extensible: boolean; utf8: boolean; content: Message | undefined },
): string {
  const text = (value: string | null | undefined): string =>
    nstring(value === null || value === undefined || utf8 ? value : wire(value), utf8)
  const parameters = (record: Record<string, string>): string => {
    const pairs = Object.entries(record)
    return pairs.length === 0 ? 'NIL' : `(${pairs.map(([name, value]) => `${string(name)} ${text(value)}`).join(' ')})`
  }
  const disposition = ({ disposition: kind, dispositionParameters }: Part): string =>
    kind === null ? 'NIL' : `(${string(kind)} ${parameters(dispositionParameters)})`
  const language = ({ language: tags }: Part): string =>
    tags === null || tags.length === 0 ? 'NIL' : `(${tags.map((tag) => text(tag)).join(' ')})`
  const extension = (part: Part): string => `${disposition(part)} ${language(part)} ${text(part.location)}`

  const partText = (part: Part): string => {
    if (part.children.length > 0) {
      const children = part.children.map(partText).join('')
      const more = extensible ? ` ${parameters(part.parameters)} ${extension(part)}` : ''
      return `(${children} ${string(part.subtype)}${more})`
    }
    const id = part.contentId === null ? null : `<${part.contentId}>`
    let body =
      `${string(part.type)} ${string(part.subtype)} ${parameters(part.parameters)} ${text(id)} ` +
      `${text(part.description)} ${string(part.encoding)} ${part.bodyEnd - part.bodyStart}`
    const inner = part.message
    if (inner) {
      const parsed = content && findPart(content, part.partId)?.message
      const shown = parsed ? envelopeOf(asSummary(parsed), utf8) : EMPTY_ENVELOPE
      body += ` ${shown} ${partText(inner.root)} ${part.lines}`
    } else if (part.type === 'text') body += ` ${part.lines}`
    return `(${body}${extensible ? ` ${text(part.md5)} ${extension(part)}` : ''})`
  }
  return partText(structure.root)
}

const EMPTY_ENVELOPE = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'

/** What an envelope is made of, from a message inside another. */
function asSummary(message: Message): Summary {
  const { date: sentAt, ...head } = envelope(message)
  return { ...head, sentAt } as unknown as Summary
}

/** Whether the structure has messages inside, whose envelopes only the content has. */
export const hasMessages = (structure: Structure): boolean => structure.parts.some((part) => part.message !== null)

const wire = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : encodeWords(text))
