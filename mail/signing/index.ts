/** Signatures of letters that leave (DKIM): RFC 6376, RFC 8463. */
export { openSigning, type Signing } from './start.ts'
