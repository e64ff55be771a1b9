/** Under which names a person writes. Records of the kind `identity`. */
export {
  addDefaultIdentity,
  defaultLookup,
  IDENTITY,
  identityFor,
  identityOf,
  makeDefaultIdentities,
  nameOfAddress,
  removeDefaultIdentity,
  type Identity,
} from './identity.ts'
