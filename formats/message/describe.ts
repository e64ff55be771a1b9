import { decodeUnlabelled } from './charset.ts'
import { stripComments } from './comments.ts'
import type { ContentFields, Header } from './header.ts'
import { parseMessageIds } from './message-ids.ts'
import { decodeParameters, parseStructured, type Structured } from './parameters.ts'
import type { Part } from './part.ts'
import { decodeWords } from './words.ts'

/** What mailers write for the encodings of RFC 2045 §6.1 and for the one that is older than MIME. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['', '7bit'],
  ['7-bit', '7bit'],
  ['7bits', '7bit'],
  ['plain', '7bit'],
  ['8-bit', '8bit'],
  ['8bits', '8bit'],
  ['quoted', 'quoted-printable'],
  ['quotedprintable', 'quoted-printable'],
  ['base-64', 'base64'],
  ['uuencode', 'x-uuencode'],
  ['x-uue', 'x-uuencode'],
  ['uue', 'x-uuencode'],
])

const TYPE = /^([!#$%&'*+.^\w`{|}~-]+)\/([!#$%&'*+.^\w`{|}~-]+)$/
const NONE: Structured = { value: '', attributes: [] }

/**
 * The part that a header announces, open at its end.
 * @param isInDigest  RFC 2046 §5.1.5: without a type of its own it is a message
 * @returns the boundary too, latin-1, when it is a multipart that names a usable one
 */
export function describePart(
  { fields, content, bodyStart }: Header,
  headerStart: number,
  isInDigest: boolean,
): { part: Part; boundary: string | undefined } {
  const contentType = content.type === undefined ? NONE : parseStructured(content.type)
  const disposition = content.disposition === undefined ? NONE : parseStructured(content.disposition)
  const parameters = decodeParameters(contentType.attributes)
  const dispositionParameters = decodeParameters(disposition.attributes)
  const boundary = contentType.attributes.find(([name]) => name === 'boundary')?.[1].trimEnd()
  let [type, subtype] = typeOf(contentType.value, isInDigest)
  if (type === 'multipart' && !boundary) [type, subtype] = ['text', 'plain']

  const part: Part = {
    partId: '',
    headerStart,
    bodyStart,
    bodyEnd: bodyStart,
    lines: 0,
    fields,
    type,
    subtype,
    parameters,
    disposition: disposition.value || null,
    dispositionParameters,
    filename: dispositionParameters.filename || dispositionParameters.name || parameters.name || null,
    ...describeContent(content),
    children: [],
    message: null,
  }
  return { part, boundary: type === 'multipart' ? boundary : undefined }
}

function typeOf(value: string, isInDigest: boolean): [string, string] {
  const [, type, subtype] = TYPE.exec(value) ?? []
  if (type !== undefined && subtype !== undefined) return [type, subtype]
  if (value === '') return isInDigest ? ['message', 'rfc822'] : ['text', 'plain']
  // RFC 2045 §5.2 has plain text for what is no type; only a file that says so is better not shown as text.
  return ['application', 'image', 'audio', 'video'].includes(value)
    ? ['application', 'octet-stream']
    : ['text', 'plain']
}

type Content = Pick<Part, 'contentId' | 'description' | 'language' | 'location' | 'md5' | 'encoding'>

function describeContent({ id, description, language, location, md5, encoding }: ContentFields): Content {
  const languages =
    language === undefined
      ? []
      : bare(language)
          .split(/[\s,]+/)
          .filter(Boolean)
  return {
    contentId: id === undefined ? null : (parseMessageIds(text(id))?.[0] ?? (bare(id) || null)),
    description: description === undefined ? null : decodeWords(text(description).trim()).normalize('NFC') || null,
    language: languages.length > 0 ? languages : null,
    location: location === undefined ? null : decodeWords(bare(location), true).replace(/\s+/g, '') || null,
    md5: md5 === undefined ? null : bare(md5) || null,
    encoding: encoding === undefined ? '7bit' : encodingOf(bare(encoding)),
  }
}

function encodingOf(value: string): string {
  const words = value
    .toLowerCase()
    .replace(/["']/g, '')
    .split(/[;\s]+/)
  const word = words[0] === 'quoted' && words[1] === 'printable' ? 'quoted-printable' : words[0]!
  return ENCODINGS.get(word) ?? word
}

/** A latin-1 value as text, unfolded. */
const text = (value: string): string => decodeUnlabelled(Buffer.from(value, 'latin1')).text.replace(/[\r\n\0]+/g, '')
const bare = (value: string): string => stripComments(text(value)).trim()
