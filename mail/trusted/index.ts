/** Senders whose letters show their remote pictures without being asked. Records of the kind `trustedSender`. */
export { TRUSTED, trustedAddress, trustedLookup, type TrustedSender } from './trusted.ts'
