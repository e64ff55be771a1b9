/** Whom a person writes to, for completing addresses. Records of the kind `correspondent`. */
export { CORRESPONDENT, countStrangers, rememberCorrespondents, type Correspondent } from './correspondent.ts'
export { asksAbout, KNOWN_DOMAINS, looksLikeKnown } from './domains.ts'
