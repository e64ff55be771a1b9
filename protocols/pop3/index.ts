/** POP3: the inbox for programs that fetch it. */
export { startPop3, type RunningPop3 } from './start.ts'
