/** Under which names a person writes. Records of the kind `identity`. */
export { defaultLookup, IDENTITY, identityOf, makeDefaultIdentities, nameOfAddress, type Identity } from './identity.ts'
