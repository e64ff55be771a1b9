import {
  bodyBytes,
  decodeText,
  htmlToText,
  mediaType,
  partContent,
  walkParts,
  type Message,
  type Part,
} from '#formats/message'
import { BODY_BYTES } from './limits.ts'

/** The bodies of a letter as strings (RFC 5173), each decoded once, when it is first asked for. */
export interface Bodies {
  readonly message: Message
  /** By what was asked: a transform, or a content type. */
  readonly asked: Map<string, string[]>
  readonly decoded: Map<Part, string[]>
  /** Bytes that may still be decoded. */
  bytesLeft: number
}

export const openBodies = (message: Message): Bodies => ({
  message,
  asked: new Map(),
  decoded: new Map(),
  bytesLeft: BODY_BYTES,
})

/** RFC 5173 §5.1: the whole body as it stands there, one string. */
export const rawBody = (bodies: Bodies): string[] =>
  once(bodies, ':raw', () => [bodyBytes(bodies.message, bodies.message.root).toString('utf8', 0, BODY_BYTES)])

/** RFC 5173 §5.3: what a reader would see of the parts of text. */
export const textBody = (bodies: Bodies): string[] =>
  once(bodies, ':text', () =>
    partsOf(bodies, ['text']).flatMap((part) =>
      contentOf(bodies, part).map((text) => (part.subtype === 'html' ? htmlToText(text) : text)),
    ),
  )

/** RFC 5173 §5.2: every part of one of these types ('text/plain', 'text', '' for all) is a string. */
export const contentBody = (bodies: Bodies, types: readonly string[]): string[] =>
  once(bodies, types.join('\n'), () => partsOf(bodies, types).flatMap((part) => contentOf(bodies, part)))

function once(bodies: Bodies, asked: string, find: () => string[]): string[] {
  const known = bodies.asked.get(asked)
  if (known !== undefined) return known
  const found = find()
  bodies.asked.set(asked, found)
  return found
}

/** "/plain", "text/" and "text/plain/x" are the types of nothing: no part has them. */
function partsOf({ message }: Bodies, types: readonly string[]): Part[] {
  const wanted = new Set(types.map((type) => type.toLowerCase()))
  return [...walkParts(message.root, true)].filter(
    (part) => wanted.has('') || wanted.has(part.type) || wanted.has(mediaType(part)),
  )
}

function contentOf(bodies: Bodies, part: Part): string[] {
  const known = bodies.decoded.get(part)
  if (known !== undefined) return known
  const one = (): string => (part.message === null ? inside(bodies, part) : headerOf(bodies, part.message))
  const found = part.children.length > 0 ? around(bodies, part) : [one()]
  bodies.decoded.set(part, found)
  return found
}

/** The content of a part; of one that is no text the bytes, read as UTF-8. */
function inside(bodies: Bodies, part: Part): string {
  const bodyEnd = part.bodyStart + take(bodies, part.bodyEnd - part.bodyStart)
  const { bytes } = partContent(bodies.message, { ...part, bodyEnd })
  return part.type === 'text' ? decodeText(bytes, part).text : bytes.toString('utf8')
}

/** Of a multipart what stands before its first part and behind its last, without the boundaries. */
function around(bodies: Bodies, { bodyStart, bodyEnd, children }: Part): string[] {
  const [first, last] = [children[0], children.at(-1)]
  if (first === undefined || last === undefined) return []
  const before = textAt(bodies, bodyStart, first.headerStart)
  const behind = textAt(bodies, last.bodyEnd, bodyEnd)
  return [before.replace(/(?:^|\r?\n)--[^\n]*\n?$/, ''), behind.replace(/^\r?\n?--[^\n]*\n?/, '')]
}

/** A message inside stands there with its header alone: its parts are parts of their own. */
const headerOf = (bodies: Bodies, { root }: Message): string =>
  textAt(bodies, root.headerStart, root.bodyStart).replace(/(\r?\n)\r?\n$/, '$1')

const textAt = (bodies: Bodies, from: number, to: number): string =>
  bodies.message.bytes.toString('utf8', from, from + take(bodies, Math.max(to - from, 0)))

/** Of so many bytes as many as are left. */
function take(bodies: Bodies, bytes: number): number {
  const taken = Math.min(bytes, bodies.bytesLeft)
  bodies.bytesLeft -= taken
  return taken
}
