/**
 * Ed25519 signatures under what the service says of itself, the form in which it is signed, and how what is written down is chained by
 * hash.
 */
export { canonical } from './canonical.ts'
export { BEFORE_FIRST, digestOf, HASH_BYTES, hashOf, SALT_BYTES } from './chain.ts'
export { publicKeyOf, readPublicKeys, signingKey, type PublicKey } from './key.ts'
