/**
 * Mailboxes in one file: RFC 4155 and its variants (mboxrd, mboxo, mboxcl, mboxcl2), read and written as streams. What a mailbox says of a
 * letter stands in fields that many programs know: Status, X-Status, X-Keywords, X-Mozilla-Status, X-Gmail-Labels.
 */
export { readMbox, type MboxEntry, type MboxLetter, type MboxReason } from './read.ts'
export { writeMbox, type MboxSource } from './write.ts'
export { fromLine, parseFromLine } from './from-line.ts'
