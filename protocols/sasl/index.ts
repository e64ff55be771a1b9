/** Signing in by SASL (RFC 4422), the same whichever protocol carries it. */
export { askByLines, askInBase64, SaslFault, type Ask } from './ask.ts'
export { MECHANISMS, signIn, type Mechanism, type SignInBy } from './mechanisms.ts'
export { noted } from './noted.ts'
