import { isDecodable, isIdentity, parseMessage, transferDecode, type Message } from '#formats/message'
import { expandStructure, streamMessage, type OpenedMessage, type Structure } from '#mail'
import { Declined } from '../reply.ts'
import { emailIdOf, threadIdOf } from '../ids.ts'
import { flagList } from '../output/flags.ts'
import { dateTime, string } from '../output/strings.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'
import type { Attribute, Partial } from './attributes.ts'
import { envelopeOf } from './envelope.ts'
import { chosenFields, isOfSummary, partOf, spanOf, type Span } from './section.ts'
import { hasMessages, structureOf } from './structure.ts'

/** What a message is looked at for, before anything of it is opened. */
export interface Looked {
  uid: number
  /** Its row in the view. */
  index: number
  keywords: readonly string[]
  threadId: number | undefined
}

/** Bytes of a content that are read at one go; what is larger is streamed. */
export const PIECE = 1024 * 1024

/** Data items that the view answers alone. */
const OF_VIEW = new Set<Attribute['kind']>([
  'flags',
  'internalDate',
  'size',
  'uid',
  'modseq',
  'saveDate',
  'emailId',
  'threadId',
])

export const needsSummary = (attributes: readonly Attribute[]): boolean =>
  attributes.some(({ kind }) => !OF_VIEW.has(kind))

export const needsContent = (attributes: readonly Attribute[]): boolean =>
  attributes.some((one) => (one.kind === 'body' && !isOfSummary(one.section)) || one.kind === 'binary')

/** Sends one FETCH response. */
export async function respond(
  session: Session,
  selected: Selected,
  attributes: readonly Attribute[],
  looked: Looked,
  opened: OpenedMessage | undefined,
): Promise<void> {
  const { connection, utf8 } = session
  const { rows } = selected.view
  const { uid, index } = looked
  const message = opened === undefined ? undefined : new Opening(session, opened)
  // What cannot be decoded is declined before anything has been sent: within a response there is no saying so.
  for (const one of attributes)
    if (one.kind === 'binary' || one.kind === 'binarySize') await (message as Opening).decoded(one.section.part)
  const place = selected.placeOf(uid)
  let text = session.has('UIDONLY') ? `* ${uid} UIDFETCH (` : `* ${place + 1} FETCH (`
  let isFirst = true
  for (const attribute of attributes) {
    if (!isFirst) text += ' '
    isFirst = false
    switch (attribute.kind) {
      case 'uid':
        text += `UID ${uid}`
        break
      case 'flags':
        text += `FLAGS (${flagList(rows.flags[index] as number, looked.keywords)})`
        break
      case 'internalDate':
        text += `INTERNALDATE ${dateTime(rows.receivedAt[index] as number)}`
        break
      case 'saveDate':
        text += `SAVEDATE ${rows.savedAt[index] === 0 ? 'NIL' : dateTime(rows.savedAt[index] as number)}`
        break
      case 'size':
        text += `RFC822.SIZE ${rows.sizes[index]}`
        break
      case 'modseq':
        text += `MODSEQ (${rows.changes[index]})`
        break
      case 'emailId':
        text += `EMAILID (${emailIdOf(rows.items[index] as number)})`
        break
      case 'threadId':
        text += `THREADID ${looked.threadId === undefined ? 'NIL' : `(${threadIdOf(looked.threadId)})`}`
        break
      case 'envelope':
        text += `ENVELOPE ${envelopeOf((opened as OpenedMessage).summary, utf8)}`
        break
      case 'preview':
        text += `PREVIEW ${string((opened as OpenedMessage).summary.preview, true)}`
        break
      case 'structure':
      case 'extensibleStructure':
        text += `${attribute.kind === 'structure' ? 'BODY' : 'BODYSTRUCTURE'} `
        text += await (message as Opening).structureText(attribute.kind === 'extensibleStructure', utf8)
        break
      case 'body':
        text = await (message as Opening).sendBody(`${text}${attribute.name} `, attribute)
        break
      case 'binary':
        text += `BINARY[${attribute.section.part}]${attribute.partial === undefined ? '' : `<${attribute.partial.offset}>`} `
        text = await (message as Opening).sendBinary(text, attribute)
        break
      case 'binarySize':
        text += `BINARY.SIZE[${attribute.section.part}] ${(await (message as Opening).decoded(attribute.section.part)).length}`
        break
    }
  }
  connection.write(`${text})\r\n`)
}

/** A message while its data items are sent: what was parsed or read for one is there for the next. */
class Opening {
  readonly #session: Session
  readonly #opened: OpenedMessage
  #structure: Structure | undefined
  #whole: Buffer | undefined
  readonly #decoded = new Map<string, Promise<Buffer>>()

  constructor(session: Session, opened: OpenedMessage) {
    this.#session = session
    this.#opened = opened
    this.#whole = opened.content
  }

  get structure(): Structure {
    return (this.#structure ??= expandStructure(this.#opened.summary.structure))
  }

  get size(): number {
    return this.#opened.summary.blob.size
  }

  #stream(start: number, end: number): AsyncGenerator<Buffer> {
    return streamMessage(this.#session.account, this.#opened.summary.blob, start, end)
  }

  /** A range of the message in memory. */
  async bytes([start, end]: Span): Promise<Buffer> {
    if (this.size <= PIECE) this.#whole ??= Buffer.concat(await Array.fromAsync(this.#stream(0, this.size)))
    if (this.#whole !== undefined) return this.#whole.subarray(start, end)
    return Buffer.concat(await Array.fromAsync(this.#stream(start, end)))
  }

  async structureText(extensible: boolean, utf8: boolean): Promise<string> {
    const content: Message | undefined = hasMessages(this.structure)
      ? parseMessage(await this.bytes([0, this.size]))
      : undefined
    return structureOf(this.structure, { extensible, utf8, content })
  }

  /** Sends what was gathered and a literal. @returns what is gathered then */
  async sendBody(before: string, { section, partial }: Extract<Attribute, { kind: 'body' }>): Promise<string> {
    const listed = isOfSummary(section) ? this.#opened.summary.fields : undefined
    if (listed !== undefined) return this.#sendBytes(before, cut(chosenFields(listed, section), partial))
    const span = spanOf(this.structure, this.size, section)
    if (span === undefined) return `${before}NIL`
    if (section.what === 'fields' || section.what === 'fieldsNot') {
      const header = (await this.bytes(span)).toString('latin1')
      return this.#sendBytes(before, cut(chosenFields(header, section), partial))
    }
    const [start, end] = span
    const from = partial === undefined ? start : Math.min(end, start + partial.offset)
    const to = partial === undefined ? end : Math.min(end, from + partial.length)
    if (this.#whole !== undefined || to - from <= PIECE) return this.#sendBytes(before, await this.bytes([from, to]))
    const { connection } = this.#session
    connection.write(`${before}{${to - from}}\r\n`)
    for await (const piece of this.#stream(from, to)) {
      connection.write(piece)
      await connection.drained()
    }
    return ''
  }

  #sendBytes(before: string, bytes: Buffer, isBinary = false): string {
    const { connection } = this.#session
    connection.write(`${before}${isBinary ? '~' : ''}{${bytes.length}}\r\n`)
    connection.write(bytes)
    return ''
  }

  async sendBinary(before: string, { section, partial }: Extract<Attribute, { kind: 'binary' }>): Promise<string> {
    const bytes = cut(await this.decoded(section.part), partial)
    return this.#sendBytes(before, bytes, bytes.includes(0))
  }

  /** The content of a part, its transfer encoding undone. @throws Declined UNKNOWN-CTE (RFC 3516 §4.3) */
  decoded(number: string): Promise<Buffer> {
    const decoded = this.#decoded.get(number) ?? this.#decode(number)
    this.#decoded.set(number, decoded)
    return decoded
  }

  async #decode(number: string): Promise<Buffer> {
    if (number === '') return this.bytes([0, this.size])
    const part = partOf(this.structure, number)
    if (part === undefined || part.type === 'multipart') return Buffer.alloc(0)
    const raw = await this.bytes([part.bodyStart, part.bodyEnd])
    if (isIdentity(part.encoding)) return raw
    if (!isDecodable(part.encoding)) throw new Declined('The transfer encoding is not known', 'UNKNOWN-CTE')
    return transferDecode(raw, part.encoding).bytes
  }
}

const cut = (bytes: Buffer, partial: Partial | undefined): Buffer =>
  partial === undefined ? bytes : bytes.subarray(partial.offset, partial.offset + partial.length)
