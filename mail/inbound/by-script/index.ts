/** What arrives, filed as a script of its recipient decides: `mail/filing` asks the script, here it is done. */
export { decideByScript } from './decide.ts'
export { mailboxAt } from './place.ts'
