/**
 * What an account consists of, table by table, and the signed receipt for its erasing. Writes the table receipt from the
 * moment when everything is gone; what leads there is `#trust/retention`'s.
 */
export { ACCOUNT_TABLES, KEPT_TABLES, type AccountTable, type Category } from './tables.ts'
export { newReceiptNumber, sealAddressee, type Addressee } from './addressee.ts'
export { issueReceipts, type ReceiptSettings } from './issue.ts'
export { publicKeys } from './keys.ts'
export { verifyReceipt, type Verdict } from './verify.ts'
