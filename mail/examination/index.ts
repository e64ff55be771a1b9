/** What a letter holds and where it comes from, found out in a thread of its own. */
export { openExamination, type Examination, type Examined, type Origin } from './start.ts'
export type { Contents } from './contents.ts'
