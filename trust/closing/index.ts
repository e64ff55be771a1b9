/**
 * The end of an account, and its way back, with all that belongs to it: letters that wait to leave are taken back, and the
 * person is told by mail. What it means for who is signed in is `#accounts`' part, what is destroyed `#trust/retention`'s.
 */
export { close, type Closing } from './close.ts'
export { reopen } from './reopen.ts'
export { closeIdle } from './idle.ts'
export { remindClosed } from './remind.ts'
export { letterAbout, type LetterSettings } from './tell.ts'
