import { astring } from '../output/strings.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'

/** What of a body is wanted: a part by its number, and of that something. RFC 9051 §6.4.5.1. */
export interface Section {
  /** As IMAP numbers parts; empty for the message. */
  part: string
  what: 'all' | 'header' | 'fields' | 'fieldsNot' | 'text' | 'mime'
  /** Names of header fields, as they were asked for. */
  fields: string[]
  /** The same in small letters. */
  chosen: ReadonlySet<string>
}

export interface Partial {
  offset: number
  length: number
}

/** A data item of FETCH. */
export type Attribute =
  | { kind: 'flags' | 'internalDate' | 'size' | 'uid' | 'modseq' | 'saveDate' | 'emailId' | 'threadId' }
  | { kind: 'envelope' | 'structure' | 'extensibleStructure' | 'preview' }
  | { kind: 'body'; section: Section; partial: Partial | undefined; setsSeen: boolean; name: string }
  | { kind: 'binary'; section: Section; partial: Partial | undefined; setsSeen: boolean }
  | { kind: 'binarySize'; section: Section }

const WHOLE: Section = { part: '', what: 'all', fields: [], chosen: new Set() }

/** Data items that are a word alone. */
const PLAIN: Record<string, Attribute> = {
  FLAGS: { kind: 'flags' },
  INTERNALDATE: { kind: 'internalDate' },
  'RFC822.SIZE': { kind: 'size' },
  UID: { kind: 'uid' },
  MODSEQ: { kind: 'modseq' },
  // RFC 8514, RFC 8474.
  SAVEDATE: { kind: 'saveDate' },
  EMAILID: { kind: 'emailId' },
  THREADID: { kind: 'threadId' },
  ENVELOPE: { kind: 'envelope' },
  BODYSTRUCTURE: { kind: 'extensibleStructure' },
  // RFC 3501 §6.4.5: what BODY[…] says under its old names.
  RFC822: { kind: 'body', section: WHOLE, partial: undefined, setsSeen: true, name: 'RFC822' },
  'RFC822.HEADER': {
    kind: 'body',
    section: { ...WHOLE, what: 'header' },
    partial: undefined,
    setsSeen: false,
    name: 'RFC822.HEADER',
  },
  'RFC822.TEXT': {
    kind: 'body',
    section: { ...WHOLE, what: 'text' },
    partial: undefined,
    setsSeen: true,
    name: 'RFC822.TEXT',
  },
}

const MACROS: Record<string, string[]> = {
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
}

const NAME = /[A-Za-z0-9.]+/y
const PART = /[1-9]\d{0,4}(?:\.[1-9]\d{0,4}){0,99}/y

/** macro, fetch-att or a list of them. RFC 9051 §6.4.5. */
export function readAttributes(input: Input): Attribute[] {
  if (input.peek() === '(') return input.list(() => readAttribute(input, nameOf(input)))
  const name = nameOf(input)
  const macro = MACROS[name]
  return macro === undefined
    ? [readAttribute(input, name)]
    : macro.map((one) => (one === 'BODY' ? { kind: 'structure' } : (PLAIN[one] as Attribute)))
}

function nameOf(input: Input): string {
  const name = input.match(NAME)?.toUpperCase()
  if (name === undefined) throw new BadCommand('A data item is wanted')
  return name
}

function readAttribute(input: Input, name: string): Attribute {
  if (name === 'BODY' && input.peek() !== '[') return { kind: 'structure' }
  // RFC 8970 §3.2: LAZY allows us to say less, which is no need of ours.
  if (name === 'PREVIEW') {
    if (input.peek(2) === ' (') {
      input.space()
      input.group(() => input.expect('LAZY'))
    }
    return { kind: 'preview' }
  }
  switch (name) {
    case 'BODY':
    case 'BODY.PEEK': {
      const section = readSection(input)
      const partial = readPartial(input)
      const origin = partial === undefined ? '' : `<${partial.offset}>`
      return {
        kind: 'body',
        section,
        partial,
        setsSeen: name === 'BODY',
        name: `BODY[${nameOfSection(section)}]${origin}`,
      }
    }
    // RFC 3516 §4.2.
    case 'BINARY':
    case 'BINARY.PEEK':
      return {
        kind: 'binary',
        section: readPartNumber(input),
        partial: readPartial(input),
        setsSeen: name === 'BINARY',
      }
    case 'BINARY.SIZE':
      return { kind: 'binarySize', section: readPartNumber(input) }
    default: {
      const plain = PLAIN[name]
      if (plain === undefined) throw new BadCommand('There is no such data item')
      return plain
    }
  }
}

function readPartNumber(input: Input): Section {
  input.expect('[')
  const part = input.match(PART) ?? ''
  input.expect(']')
  return { ...WHOLE, part }
}

/** section = "[" [section-spec] "]" */
export function readSection(input: Input): Section {
  input.expect('[')
  const part = input.match(PART) ?? ''
  const isSome = part === '' ? input.peek() !== ']' : input.accept('.')
  const section: Section = { ...(isSome ? readText(input, part) : WHOLE), part }
  input.expect(']')
  return section
}

function readText(input: Input, part: string): Omit<Section, 'part'> {
  const name = nameOf(input)
  if (name === 'HEADER') return { ...WHOLE, what: 'header' }
  if (name === 'TEXT') return { ...WHOLE, what: 'text' }
  if (name === 'MIME' && part !== '') return { ...WHOLE, what: 'mime' }
  if (name !== 'HEADER.FIELDS' && name !== 'HEADER.FIELDS.NOT') throw new BadCommand('There is no such section')
  input.space()
  const fields = input.list(() => input.astring())
  if (fields.length === 0) throw new BadCommand('The names of header fields are wanted')
  const chosen = new Set(fields.map((field) => field.toLowerCase()))
  return { what: name === 'HEADER.FIELDS' ? 'fields' : 'fieldsNot', fields, chosen }
}

const NAMES: Record<Section['what'], string> = {
  all: '',
  header: 'HEADER',
  fields: 'HEADER.FIELDS',
  fieldsNot: 'HEADER.FIELDS.NOT',
  text: 'TEXT',
  mime: 'MIME',
}

/** section-spec, as the response repeats it. */
function nameOfSection({ part, what, fields }: Section): string {
  const text = [part, NAMES[what]].filter(Boolean).join('.')
  return fields.length === 0 ? text : `${text} (${fields.map((name) => astring(name)).join(' ')})`
}

function readPartial(input: Input): Partial | undefined {
  if (!input.accept('<')) return undefined
  const offset = input.number64()
  input.expect('.')
  const length = input.nonZero()
  input.expect('>')
  return { offset, length }
}
