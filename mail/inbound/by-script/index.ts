/** What arrives, filed as a script of its recipient decides: `mail/filing` asks the script, here it is done. */
export { decideByScript, type Decision } from './decide.ts'
export type { Copy } from './deciding.ts'
export { addCopies, type PreparedCopy } from './file.ts'
