/** Bytes signed as CMS has it (RFC 5652), the content within: made, not read. No I/O, no clock. */
export { signData, type Signer } from './sign.ts'
