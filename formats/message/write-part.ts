import { randomBytes } from 'node:crypto'
import { fieldOf, reportDoubles, type DraftField } from './draft.ts'
import { parseStructured } from './parameters.ts'
import { encodeBytes, encodeMessage, encodeText, type Encoded } from './transfer-encode.ts'
import { foldField, writeBracketed, writeField } from './write-field.ts'
import { writeParameter } from './write-parameters.ts'

/** EmailBodyPart of RFC 8621 §4.1.4, as a client sends it: nothing about it is known to be true. */
export type DraftPart = Readonly<Record<string, unknown>>

/** What a part is written with. */
export interface PartContext {
  readonly bodyValues: Readonly<Record<string, unknown>>
  readonly loadBlob: (blobId: string) => Promise<Uint8Array>
  /** Where a part stood in the Email, when that is not where it stands in the message. */
  readonly paths: ReadonlyMap<DraftPart, string>
  /** Called with the path of each property that cannot be written. */
  readonly report: (path: string) => void
  partsLeft: number
}

/** Called with a property of the part that cannot be written. */
type Report = (property: string) => void

/** A part as its header fields and its body. */
export interface WrittenPart {
  readonly header: string
  readonly body: readonly Buffer[]
  /** Names of the fields, lower case. */
  readonly names: readonly string[]
  readonly type: string
}

const MAX_DEPTH = 50

const PROPERTIES = new Set('partId blobId size name type charset disposition cid language location subParts'.split(' '))
const TYPE = /^[\w!#$%&'*+.^`{|}~-]{1,127}\/[\w!#$%&'*+.^`{|}~-]{1,127}$/
const TOKEN = /^[\w!#$%&'*+.^`{|}~-]{1,80}$/

/**
 * Writes a part and those inside it.
 * @param place  the path of the part, for the errors, unless the context knows another
 */
export async function writePart(part: DraftPart, place: string, context: PartContext, depth = 0): Promise<WrittenPart> {
  const path = context.paths.get(part) ?? place
  const report: Report = (property) => context.report(`${path}/${property}`)
  const fields = partFields(part, report)
  const given = fields.find(({ name }) => name.toLowerCase() === 'content-type')
  const type = typeOf(part, given, report)
  const content = type.startsWith('multipart/')
    ? await writeMultipart(part, type, path, context, depth)
    : await writeLeaf(part, type, context, report)

  const lines = [
    contentType(part, type, content, given, report),
    ...dispositionField(part, report),
    ...otherFields(part, report),
    ...(content.encoding === undefined ? [] : [`Content-Transfer-Encoding: ${content.encoding}\r\n`]),
    ...fields.filter((field) => field !== given).flatMap((field) => ownFields(field, report)),
  ]
  const header = lines.join('')
  const names = lines.flatMap((line) => (line === '' ? [] : [line.slice(0, line.indexOf(':')).toLowerCase()]))
  return { header, body: content.body, names, type: content.type }
}

const ownFields = ({ name, form, values, property }: DraftField, report: Report): string[] =>
  values.map((value) => writeField(name, form, value) ?? fault(report, property))

/** What stands between the header and the end of a part. */
interface Content {
  readonly type: string
  readonly encoding?: Encoded['encoding']
  readonly parameters: string
  readonly body: readonly Buffer[]
}

function partFields(part: DraftPart, report: Report): DraftField[] {
  const fields: DraftField[] = []
  for (const [property, value] of Object.entries(part)) {
    if (value == null || PROPERTIES.has(property)) continue
    const field = property.startsWith('header:') ? fieldOf(property, value) : undefined
    const isForbidden =
      /^(?:content-transfer-encoding|content-disposition|content-id|content-language|content-location|mime-version)$/i
    if (!field || isForbidden.test(field.name)) report(property)
    else fields.push(field)
  }
  reportDoubles(fields, report)
  return fields
}

/** The media type, from the property or, for types with parameters of their own, from a Content-Type field. */
function typeOf(part: DraftPart, given: DraftField | undefined, report: Report): string {
  const isMultipart = Array.isArray(part.subParts)
  const [value] = given?.values ?? []
  if (given && (part.type != null || given.form !== 'Raw' || given.values.length !== 1)) report(given.property)
  const type = typeof value === 'string' ? parseStructured(value).value : (part.type ?? defaultType(part))
  if (typeof type !== 'string' || !TYPE.test(type) || isMultipart !== type.toLowerCase().startsWith('multipart/')) {
    report('type')
    return defaultType(part)
  }
  return type.toLowerCase()
}

function defaultType({ subParts, partId }: DraftPart): string {
  if (Array.isArray(subParts)) return 'multipart/mixed'
  return typeof partId === 'string' ? 'text/plain' : 'application/octet-stream'
}

async function writeMultipart(
  part: DraftPart,
  type: string,
  path: string,
  context: PartContext,
  depth: number,
): Promise<Content> {
  const parts = part.subParts as unknown[]
  const isTooMany = depth >= MAX_DEPTH || parts.length > context.partsLeft
  context.partsLeft -= parts.length
  if (isTooMany || parts.length === 0 || !parts.every(isObject)) context.report(`${path}/subParts`)
  if (isTooMany) return { type, parameters: '', body: [] }
  const misplaced = ['partId', 'blobId', 'charset'].filter((property) => part[property] != null)
  for (const property of misplaced) context.report(`${path}/${property}`)

  // "=_" stands in no quoted-printable or base64 body (RFC 2045 §6.7), and nobody can guess the rest.
  const boundary = `=_${randomBytes(18).toString('base64url')}`
  const body: Buffer[] = []
  let first = ''
  for (const [index, child] of parts.filter(isObject).entries()) {
    const written = await writePart(child, `${path}/subParts/${index}`, context, depth + 1)
    first ||= written.type
    body.push(Buffer.from(`--${boundary}\r\n${written.header}\r\n`), ...written.body, Buffer.from('\r\n'))
  }
  body.push(Buffer.from(`--${boundary}--\r\n`))
  // RFC 2387 §3.1 asks for the type of the first part.
  const related = type === 'multipart/related' ? `; type="${first}"` : ''
  return { type, parameters: `; boundary="${boundary}"${related}`, body }
}

async function writeLeaf(part: DraftPart, type: string, context: PartContext, report: Report): Promise<Content> {
  if (typeof part.partId === 'string' && part.blobId == null) return writeValue(part, type, context, report)
  if (typeof part.blobId !== 'string' || part.partId != null) {
    report(part.partId == null ? 'blobId' : 'partId')
    return { type, parameters: '', body: [] }
  }
  const loaded = await context.loadBlob(part.blobId)
  const bytes = Buffer.from(loaded.buffer, loaded.byteOffset, loaded.byteLength)
  const charset = charsetParameter(part, type, report)
  if (type === 'message/rfc822' || type === 'message/global') {
    const message = encodeMessage(bytes)
    if (message) return { type, encoding: message.encoding, parameters: '', body: [message.bytes] }
    // Lines too long to be sent: as a file it still arrives whole.
    return { ...encoded(encodeBytes(bytes, false)), type: 'application/octet-stream', parameters: '' }
  }
  return { ...encoded(encodeBytes(bytes, type.startsWith('text/'))), type, parameters: charset }
}

const encoded = ({ encoding, bytes }: Encoded): Pick<Content, 'encoding' | 'body'> => ({ encoding, body: [bytes] })

/** Text that came with the Email, in bodyValues. */
function writeValue(part: DraftPart, type: string, context: PartContext, report: Report): Content {
  const partId = part.partId as string
  const value = Object.hasOwn(context.bodyValues, partId) ? context.bodyValues[partId] : undefined
  const text = isObject(value) ? value.value : undefined
  for (const property of ['charset', 'size']) if (part[property] != null) report(property)
  if (!type.startsWith('text/')) report('type')
  if (isObject(value) && (value.isEncodingProblem || value.isTruncated)) context.report(`bodyValues/${partId}`)
  if (typeof text !== 'string') report('partId')
  return { ...encoded(encodeText(typeof text === 'string' ? text : '')), type, parameters: '; charset="utf-8"' }
}

function charsetParameter(part: DraftPart, type: string, report: Report): string {
  if (part.charset === undefined || part.charset === null) return ''
  if (!type.startsWith('text/') || typeof part.charset !== 'string' || !TOKEN.test(part.charset)) report('charset')
  return `; charset="${typeof part.charset === 'string' ? part.charset : ''}"`
}

/** Content-Type as it is given, or from the properties, with the parameters that the content needs. */
function contentType(
  part: DraftPart,
  type: string,
  content: Content,
  given: DraftField | undefined,
  report: Report,
): string {
  // Without a disposition the name of the file has its old place here.
  const isNamedHere = typeof part.name === 'string' && part.disposition == null
  const name = isNamedHere ? writeParameter('name', part.name as string) : ''
  if (name === undefined) return fault(report, 'name')
  if (!given) return foldField('Content-Type', `${content.type}${content.parameters}${name}`) ?? fault(report, 'type')

  const value = String(given.values[0]).trimEnd()
  const names = parseStructured(value).attributes.map(([attribute]) => attribute)
  const added = `${names.includes('charset') ? '' : content.parameters}${name}`.replaceAll('; ', ';\r\n ')
  if (names.includes('boundary') || content.type !== type) report(given.property)
  return writeField('Content-Type', 'Raw', `${value}${added}`) ?? fault(report, given.property)
}

function dispositionField(part: DraftPart, report: Report): string[] {
  const { disposition, name } = part
  if (name != null && typeof name !== 'string') report('name')
  if (disposition === undefined || disposition === null) return []
  if (typeof disposition !== 'string' || !TOKEN.test(disposition)) return [fault(report, 'disposition')]
  const filename = typeof name === 'string' ? writeParameter('filename', name) : ''
  if (filename === undefined) return [fault(report, 'name')]
  return [foldField('Content-Disposition', `${disposition.toLowerCase()}${filename}`) ?? fault(report, 'name')]
}

/** Content-ID, Content-Language and Content-Location, each from its property. */
function otherFields(part: DraftPart, report: Report): string[] {
  const { cid, language, location } = part
  const isLanguages =
    Array.isArray(language) && language.every((tag) => typeof tag === 'string' && /^[A-Za-z0-9-]{1,35}$/.test(tag))
  const values = [
    ['cid', 'Content-ID', cid, () => writeBracketed(cid)],
    ['language', 'Content-Language', language, () => (isLanguages ? (language as string[]).join(', ') : undefined)],
    ['location', 'Content-Location', location, () => writeBracketed(location)?.slice(1, -1)],
  ] as const
  return values.flatMap(([property, name, value, write]) => {
    if (value === undefined || value === null) return []
    const text = write()
    return [(text === undefined ? undefined : foldField(name, text)) ?? fault(report, property)]
  })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reports a property, and stands in for the line it would have given: nothing that is reported is ever sent. */
function fault(report: Report, property: string): string {
  report(property)
  return ''
}
