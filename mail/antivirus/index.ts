/** What is attached to a letter, and whether it does harm: our own look at names and bytes, and clamd's. */
export { lookAtAttachments } from './attachments.ts'
export { openClamd, signaturesMadeAt, type Clamd } from './clamd.ts'
