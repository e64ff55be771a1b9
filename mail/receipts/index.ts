/** Read receipts: message disposition notifications (RFC 8098), sent when somebody says so and never otherwise, and read. */
export { MDN_SENT, sendReceipt, type ReceiptWish, type SentReceipt } from './send.ts'
export { isOwnField, parseReceipt, type ParsedReceipt } from './parse.ts'
export { DISPOSITION_TYPES, type Disposition } from './disposition.ts'
