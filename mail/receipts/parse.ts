import {
  fieldName,
  fieldValue,
  findFields,
  lastValue,
  mediaType,
  parseMessage,
  partContent,
  partText,
  type Message,
  type Part,
} from '#formats/message'
import { parseDisposition, type Disposition } from './disposition.ts'

/** A receipt as it is read: an MDN of RFC 9007 §2, but for the message that it belongs to. */
export interface ParsedReceipt {
  subject: string | null
  textBody: string | null
  includeOriginalMessage: boolean
  reportingUA: string | null
  disposition: Disposition
  mdnGateway: string | null
  originalRecipient: string | null
  finalRecipient: string | null
  /** With angle brackets, as it stands there. */
  originalMessageId: string | null
  error: string[] | null
  extensionFields: Record<string, string> | null
}

const OWN = new Set([
  'reporting-ua',
  'mdn-gateway',
  'original-recipient',
  'final-recipient',
  'original-message-id',
  'disposition',
  'failure',
  'error',
  'warning',
])

/** Fields of a receipt beyond those of RFC 8098 that are shown. */
const MOST_EXTENSIONS = 50

/** Whether a field is one of RFC 8098 §3.2 and so no extension. */
export const isOwnField = (name: string): boolean => OWN.has(name.toLowerCase())

/** Reads a message as a receipt; undefined when it is none. */
export function parseReceipt(message: Message): ParsedReceipt | undefined {
  const { root } = message
  if (mediaType(root) !== 'multipart/report') return undefined
  const [text, report, original] = root.children
  if (report === undefined || mediaType(report) !== 'message/disposition-notification') return undefined
  const fields = parseMessage(partContent(message, report).bytes)
  const said = (name: string): string | null => lastValue(fields, fields.root, name, 'Text')?.trim() || null
  const disposition = parseDisposition(said('Disposition') ?? '')
  if (disposition === undefined) return undefined
  const { isError, ...mode } = disposition
  const errors = findFields(fields, fields.root, 'Error').map((field) => fieldValue(fields, field, 'Text').trim())
  return {
    subject: lastValue(message, root, 'Subject', 'Text'),
    textBody: text === undefined ? null : readable(message, text),
    includeOriginalMessage: original !== undefined && mediaType(original) === 'message/rfc822',
    reportingUA: said('Reporting-UA'),
    disposition: mode,
    mdnGateway: said('MDN-Gateway'),
    originalRecipient: said('Original-Recipient'),
    finalRecipient: said('Final-Recipient'),
    originalMessageId: said('Original-Message-ID'),
    error: isError || errors.length > 0 ? errors : null,
    extensionFields: extensionsOf(fields),
  }
}

/** The text for people, which some programs write in several forms. */
function readable(message: Message, part: Part): string | null {
  if (part.type === 'text') return partText(message, part).text
  const [first] = part.children
  return first?.type === 'text' ? partText(message, first).text : null
}

function extensionsOf(fields: Message): Record<string, string> | null {
  const others = fields.root.fields.filter((field) => !isOwnField(fieldName(fields, field)))
  const named = others
    .slice(0, MOST_EXTENSIONS)
    .map((field) => [fieldName(fields, field), fieldValue(fields, field, 'Text').trim()])
  return named.length === 0 ? null : (Object.fromEntries(named) as Record<string, string>)
}
