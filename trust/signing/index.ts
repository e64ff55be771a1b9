/** Ed25519 signatures under what the service says of itself, and the form in which it is signed. */
export { canonical } from './canonical.ts'
export { publicKeyOf, readPublicKeys, signingKey, type PublicKey } from './key.ts'
