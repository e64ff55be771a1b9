/** Signatures of letters that leave (DKIM): RFC 6376, RFC 8463; and seals of those that are passed on (ARC): RFC 8617. */
export { type FoundOnArrival, type Seal } from './arc.ts'
export { openSigning, type Signing } from './start.ts'
