/**
 * Internet messages: RFC 5322 headers and MIME bodies (RFC 2045 to 2049), read by offsets and written.
 * Bytes and text only; whatever comes in, reading never throws and costs what its size says.
 */
export { parseMessage } from './parse.ts'
export { bodyBytes, findPart, mediaType, walkParts, type Field, type Message, type Part } from './part.ts'
export {
  fieldName,
  fieldValue,
  findFields,
  isFormAllowed,
  lastValue,
  parseHeaderProperty,
  structuredField,
  type FormValues,
  type HeaderForm,
  type HeaderProperty,
} from './fields.ts'
export { type Structured } from './parameters.ts'
export { stripComments } from './comments.ts'
export { type EmailAddress, type EmailAddressGroup, parseAddresses, parseGroups } from './address-list.ts'
export { normalizeAddress, parseAddress, parseDomain, type Address } from './address.ts'
export { formatDate, parseDate } from './date.ts'
export { envelope, type Envelope } from './envelope.ts'
export { baseSubject, threadSubject, type BaseSubject } from './subject.ts'
export { charsetDecoder, type Decoded } from './charset.ts'
export { isDecodable, isIdentity, transferDecode, transferDecodePieces } from './transfer.ts'
export { decodeText, partContent, partSize, partText, type Text } from './text.ts'
export { htmlToText } from './html.ts'
export { bodyLists, hasAttachment, type BodyLists } from './body.ts'
export { preview } from './preview.ts'
export { textForIndex, type IndexedText } from './index-text.ts'
export { draftBlobIds, writeMessage, type WriteOptions } from './write.ts'
export { InvalidMessage } from './invalid-message.ts'
export { decodeWords } from './words.ts'
export { encodeWords } from './encode-words.ts'
export { writeField } from './write-field.ts'
export { encodeText, hasBareLineEnd, hasSendableLines, type Encoded } from './transfer-encode.ts'
