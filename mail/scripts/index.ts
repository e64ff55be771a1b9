/**
 * Scripts of their owner that file what arrives (Sieve), one of them active at most. Records of the kinds `sieveScript` and `activeScript`.
 * What they make of a letter is decided in `mail/filing`.
 */
export { activeScript, type ActiveScript } from './active.ts'
export { activateScript, createScript, putScript, removeScript, updateScript } from './keep.ts'
export { findScript, readScripts, scriptsState, type KeptScript } from './read.ts'
export { CONTACTS, mailboxFor, spamPercentOf, surroundingsOf } from './surroundings.ts'
export {
  ACTIVE,
  ACTIVE_LOOKUP,
  checkScript,
  checkScriptName,
  LONGEST_NAME,
  MOST_REDIRECTS,
  MOST_SCRIPT_BYTES,
  MOST_SCRIPTS,
  SCRIPT,
  SCRIPT_EXTENSIONS,
  SEEN,
  type ScriptText,
} from './script.ts'
export { complaintOf, decodeScript, warningsOf } from './text.ts'
